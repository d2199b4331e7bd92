"""How a run stands, derived from its events: what `platform list`, `status` and the report show."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from framecast.counting import plural
from framecast.plugin.cause import Cause
from framecast.plugin.events import (
    CheckpointSaved,
    DatasetLoaded,
    Evaluated,
    Event,
    RunFailed,
    RunFinished,
    RunInterrupted,
    RunStarted,
    StepDone,
    Warned,
)
from framecast.runs.driver import Driver
from framecast.runs.run_folder import RunFolder

_PAST = ("died", "failed")
_ENDINGS: dict[type[Event], str] = {RunFinished: "finished", RunInterrupted: "interrupted", RunFailed: "failed"}


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
    """The step of that checkpoint: every number that is called best is from there."""
    monitor: str
    """What decides which checkpoint is best."""
    best_value: float | None
    """The monitor's value at that checkpoint."""
    baselines: dict[str, dict[str, float]]
    seconds: float
    """Seconds from the first event of the last attempt to its last event."""
    warnings: list[str]
    """What the user should know of the data and of the run's course, oldest first, each once."""
    cause: Cause | None = None
    """What ended it; None while it runs, and where that is not known."""
    wall_seconds: float = 0.0
    """The same of all attempts together."""

    @property
    def done(self) -> str:
        """How far it came, for messages."""
        return f"at step {self.step}"

    @property
    def best_checkpoint(self) -> str:
        """Which checkpoint the best scores are from, and by what it is best; empty before there is one."""
        if self.best_step is None:
            return ""
        value = "" if self.best_value is None else f" {self.best_value:.5f}"
        return f"step {self.best_step:,}, best by {self.monitor}{value}"

    @classmethod
    def of(cls, run: RunFolder) -> Status:
        return cls.of_events(run, *run.journal.outline())

    @classmethod
    def of_events(cls, run: RunFolder, events: list[Event], spoilt: int) -> Status:
        """From the run's events, which the caller has read, and how many lines of the file were none."""
        starts = [event for event in events if isinstance(event, RunStarted)]
        steps = [event for event in events if isinstance(event, StepDone)]
        best_saved = [event for event in events if isinstance(event, CheckpointSaved) and event.best]
        best_step = best_saved[-1].step if best_saved else None
        scores = {event.step: event.metrics for event in model_evaluations(events)}
        state, reason, cause = _state(run, events)
        return cls(
            folder=run.path,
            state=state,
            reason=reason,
            cause=cause,
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
            warnings=[*_warnings(events), *_spoilt(spoilt)],
            wall_seconds=_wall_seconds(events),
        )


def in_state(state: str) -> str:
    """The state as the end of a sentence about a run: it has died, it is running."""
    return f"{'has' if state in _PAST else 'is'} {state}"


def model_evaluations(events: list[Event]) -> list[Evaluated]:
    """The evaluations of the model itself, oldest first."""
    return [event for event in events if isinstance(event, Evaluated) and event.name == "model"]


def baseline_scores(events: list[Event]) -> dict[str, dict[str, float]]:
    """The scores of the baselines by name."""
    return {
        event.name: event.metrics for event in events if isinstance(event, Evaluated) and event.name != "model"
    }


def _wall_seconds(events: list[Event]) -> float:
    """From the first event of each attempt to its last one."""
    spans: list[tuple[float, float]] = []
    for event in events:
        if isinstance(event, RunStarted):
            spans.append((event.time, event.time))
        elif spans:
            began, last = spans[-1]
            spans[-1] = began, max(last, event.time)
    return sum(last - began for began, last in spans)


def _spoilt(count: int) -> list[str]:
    lines = plural(count, "line")
    return [f"{lines} of events.jsonl cannot be read and are left out"] if count else []


def _warnings(events: list[Event]) -> list[str]:
    lines: list[str] = []
    for event in events:
        if isinstance(event, DatasetLoaded):
            lines += event.warnings
        elif isinstance(event, Warned):
            lines.append(event.message)
    return list(dict.fromkeys(lines))


def _state(run: RunFolder, events: list[Event]) -> tuple[str, str, Cause | None]:
    # what a callback lost is reported after the end
    last = next((event for event in reversed(events) if not isinstance(event, Warned)), None)
    driver = Driver.of(run)
    driven = driver is not None and driver.is_alive
    if isinstance(last, RunFinished | RunInterrupted | RunFailed):
        if driver is not None and driven and driver.since > last.time:
            return "starting", "", None  # it is being resumed
        return _ENDINGS[type(last)], last.reason, last.cause
    if not driven:
        return "died", "its process is gone; resume continues from the last checkpoint", None
    return ("running" if events else "starting"), "", None
