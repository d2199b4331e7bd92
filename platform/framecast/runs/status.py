"""How a run stands, derived from its events: what `platform list`, `status` and the report show."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from framecast.json_text import to_json
from framecast.runs.events import (
    CheckpointSaved,
    DataRead,
    Evaluated,
    Event,
    Noticed,
    RunFailed,
    RunFinished,
    RunInterrupted,
    RunStarted,
    StepDone,
)
from framecast.runs.folder import RunFolder, write_atomically

_SECONDS_BETWEEN_SIGNS = 5.0
_SILENCE = 60.0  # seconds without a sign after which a driver on another host is dead; clocks may differ a little


@dataclass(frozen=True)
class Status:
    """`state` is starting, running, finished, interrupted, failed or died (its process is gone without a word)."""

    folder: Path
    state: str
    reason: str
    attempt: int
    step: int
    total_steps: int
    epoch: int
    loss: float | None
    best: dict[str, float]
    """The model's scores at the evaluation whose checkpoint is the best one."""
    best_step: int | None
    monitor: str
    """What decides which checkpoint is best."""
    best_value: float | None
    baselines: dict[str, dict[str, float]]
    seconds: float
    """Seconds from the first event of the last attempt to its last event."""
    warnings: list[str]
    """What the user should know of the data and of the run's course, oldest first, each once."""

    @classmethod
    def of(cls, run: RunFolder) -> Status:
        events = run.journal.read()
        starts = [event for event in events if isinstance(event, RunStarted)]
        steps = [event for event in events if isinstance(event, StepDone)]
        best_saved = [event for event in events if isinstance(event, CheckpointSaved) and event.best]
        best_step = best_saved[-1].step if best_saved else None
        scores = {event.step: event.metrics for event in model_evaluations(events)}
        state, reason = _state(run, events)
        return cls(
            folder=run.path,
            state=state,
            reason=reason,
            attempt=len(starts),
            step=steps[-1].step if steps else 0,
            total_steps=starts[-1].total_steps if starts else 0,
            epoch=steps[-1].epoch if steps else 0,
            loss=steps[-1].loss if steps else None,
            best=scores.get(best_step, {}) if best_step is not None else {},
            best_step=best_step,
            monitor=best_saved[-1].monitor if best_saved else "",
            best_value=best_saved[-1].value if best_saved else None,
            baselines=baseline_scores(events),
            seconds=events[-1].time - starts[-1].time if starts else 0.0,
            warnings=_warnings(events),
        )


def model_evaluations(events: list[Event]) -> list[Evaluated]:
    """The evaluations of the model itself, oldest first."""
    return [event for event in events if isinstance(event, Evaluated) and event.name == "model"]


def baseline_scores(events: list[Event]) -> dict[str, dict[str, float]]:
    """The scores of the trivial forecasters by name."""
    return {
        event.name: event.metrics for event in events if isinstance(event, Evaluated) and event.name != "model"
    }


def _warnings(events: list[Event]) -> list[str]:
    lines: list[str] = []
    for event in events:
        if isinstance(event, DataRead):
            lines += event.warnings
        elif isinstance(event, Noticed):
            lines.append(event.message)
    return list(dict.fromkeys(lines))


def note_driver(run: RunFolder, process: int | None = None) -> None:
    """Notes which process drives the run: this one, or another of this host."""
    sign = {"host": socket.gethostname(), "process": process or os.getpid(), "seen": time.time()}
    write_atomically(run.path / "driver.json", to_json(sign))


@contextmanager
def alive(run: RunFolder) -> Iterator[None]:
    """While the body runs, this process is noted as the run's driver, every few seconds anew: so others can tell
    a running run from a dead one."""
    over = threading.Event()

    def go_on_noting() -> None:
        while not over.wait(_SECONDS_BETWEEN_SIGNS):
            with suppress(OSError):  # a full disk is for the training to complain about
                note_driver(run)

    note_driver(run)
    thread = threading.Thread(target=go_on_noting, name="alive", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def driver_is_alive(run: RunFolder) -> bool:
    """Whether the driving process is there: it is asked on its own host, elsewhere its last sign must be fresh."""
    sign = _driver(run)
    if sign is None:
        return False
    host, process, seen = sign
    if host != socket.gethostname():
        return time.time() - seen < _SILENCE
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def driven_by_another(run: RunFolder) -> bool:
    """Whether a process that is alive, and is not this one, drives the run."""
    sign = _driver(run)
    return driver_is_alive(run) and sign is not None and sign[:2] != (socket.gethostname(), os.getpid())


def _driver(run: RunFolder) -> tuple[str, int, float] | None:
    """(host, process, time of the last sign) as noted; None where nothing readable is."""
    try:
        sign = json.loads((run.path / "driver.json").read_text())
        return sign["host"], int(sign["process"]), float(sign["seen"])
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _state(run: RunFolder, events: list[Event]) -> tuple[str, str]:
    last = next(
        (event for event in reversed(events) if not isinstance(event, Noticed)), None
    )  # what was lost at the end
    if isinstance(last, RunFinished):
        return "finished", last.reason
    if isinstance(last, RunInterrupted):
        return "interrupted", last.reason
    if isinstance(last, RunFailed):
        return "failed", last.reason
    if not driver_is_alive(run):
        return "died", "its process is gone; resume goes on from the last checkpoint"
    return ("running" if events else "starting"), ""
