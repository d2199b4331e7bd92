"""The live console: a progress line and a line for each evaluation; without a terminal, lines at intervals."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from typing import IO

from rich.console import Console
from rich.progress import SpinnerColumn

from framecast.counting import plural
from framecast.files import open_to_append
from framecast.launch.tolerant import Tolerant
from framecast.plugin.event_lines import parse_event
from framecast.plugin.events import (
    CheckpointSaved,
    DatasetLoaded,
    Evaluated,
    Event,
    RunInterrupted,
    RunStarted,
    StepDone,
    Warned,
)
from framecast.report.progress_line import ProgressLine
from framecast.report.rich_console import Part, console_on, fill, line_of, progress_on
from framecast.runs import layout
from framecast.runs.logs import lines_of_all
from framecast.runs.run_folder import RunFolder

_SECONDS_BETWEEN_LINES = 15.0
_PHASES, _EVENTS = "1 phases", "2 events"  # in this order where both come at the same time


@contextmanager
def following(run: RunFolder, terminal: IO[str], title: str) -> Iterator[None]:
    """Shows the run's phases and events on `terminal` while the body runs, and keeps what it shows in
    logs/console.log."""
    done = threading.Event()
    sources = {_PHASES: run.phases_log, _EVENTS: run.journal.file}
    start = {name: file.stat().st_size if file.exists() else 0 for name, file in sources.items()}
    lines = lines_of_all(lambda: sources, done.is_set, start, seconds=0.1)
    stream = open_to_append(run.logs / layout.CONSOLE_LOG, run.path)
    with TextIOWrapper(stream, encoding="utf-8", errors="backslashreplace", line_buffering=True) as log:
        views = [LiveView(console_on(file), title) for file in (terminal, Tolerant(log))]

        def show() -> None:
            with views[0], views[1]:
                for source, line in lines:
                    event = parse_event(line) if source == _EVENTS else None
                    for view in views:
                        try:
                            if event is not None:
                                view.show(event)
                            elif source == _PHASES:
                                view.begin_phase(line)
                        except Exception:
                            # handled: a line that cannot be drawn; driver.log has its traceback, others are shown
                            traceback.print_exc()

        thread = threading.Thread(target=show, name="console", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


class LiveView:
    """Draws events. `with view:` holds the progress line."""

    def __init__(self, console: Console, title: str) -> None:
        self._console = console
        self._progress = progress_on(console, SpinnerColumn(), ProgressLine(console))
        self._task = self._progress.add_task("starting", total=None, loss="", pace="")
        self._title = title
        self._losses: list[float] = []
        self._line_at = 0.0
        self._noted: set[str] = set()

    def __enter__(self) -> LiveView:
        self._console.print(line_of(self._title))  # its path can be copied, also where the terminal wraps it
        if self._console.is_terminal:
            self._progress.start()
        return self

    def __exit__(self, *exception: object) -> None:
        if self._console.is_terminal:
            self._progress.stop()

    def begin_phase(self, phase: str) -> None:
        """What the run does before its first step: in the progress line, without a terminal a line for each."""
        self._progress.reset(self._task, total=None, description=phase, loss="", pace="")
        if not self._console.is_terminal:
            self._say(phase)

    def show(self, event: Event) -> None:
        match event:
            case RunStarted():
                self._started(event)
            case DatasetLoaded():
                self._data_read(event)
            case StepDone():
                self._stepped(event)
            case Evaluated():
                self._evaluated_now(event)
            case CheckpointSaved(best=True):
                self._say(("  best so far", "green"), f", kept as checkpoints/best ({event.folder})")
            case Warned():
                self._say(("note: ", "yellow"), event.message)
            case RunInterrupted():
                self._say(f"stopping: {event.reason}; checkpoint at step {event.step}")

    def _started(self, event: RunStarted) -> None:
        again = f", attempt {event.attempt} from step {event.step}" if event.attempt > 1 else ""
        self._say(
            f"training {plural(event.parameters, 'parameter')} on {plural(event.workers, 'worker')} "
            f"({event.device}, {event.precision}, {event.strategy}), {plural(event.total_steps, 'step')}{again}"
        )
        self._progress.reset(
            self._task,
            total=event.total_steps,
            completed=event.step,
            description=f"epoch {event.epoch + 1}",
        )

    def _data_read(self, event: DatasetLoaded) -> None:
        if event.sequences is None and not (event.notes or event.warnings):
            return  # generated clips: there is nothing to know that the job does not say
        more = f" and {event.skipped - len(event.reasons)} more" if event.skipped > len(event.reasons) else ""
        left_out = f"; {event.skipped} left out: {'; '.join(event.reasons)}{more}" if event.skipped else ""
        origin = "" if event.sequences is None else f" from {plural(event.sequences, 'sequence')}"
        self._say(f"{event.split:>10}: {plural(event.clips, 'clip')}{origin}{left_out}")
        for note in self._unseen(event.notes):
            self._say((f"            {note}", "dim"))
        for warning in self._unseen(event.warnings):
            self._say(("   warning: ", "yellow"), warning)

    def _unseen(self, lines: list[str]) -> list[str]:
        """Those that no split has shown yet: splits of the same files have the same notes."""
        new = [line for line in lines if line not in self._noted]
        self._noted.update(new)
        return new

    def _stepped(self, event: StepDone) -> None:
        self._losses.append(event.loss)
        loss = self._losses[-1] if len(self._losses) < 2 else sum(self._losses[-20:]) / len(self._losses[-20:])
        shown, pace = f"loss {loss:.4f}", _pace(event.seconds)
        self._progress.update(
            self._task, completed=event.step, description=f"epoch {event.epoch + 1}", loss=shown, pace=pace
        )
        if not self._console.is_terminal and event.time - self._line_at >= _SECONDS_BETWEEN_LINES:
            self._line_at = event.time
            self._say(f"epoch {event.epoch + 1}  step {event.step}  {shown}  {pace}")

    def _evaluated_now(self, event: Evaluated) -> None:
        scores: list[Part] = [
            f"{name.removeprefix('validation/')} {value:.4f}" for name, value in event.metrics.items()
        ]
        if event.name != "model":
            self._say_items([f"{event.name:>18}", *scores], indent=20, style="dim")
            return
        train: list[Part] = [f"train {sum(self._losses) / len(self._losses):.4f}"] if self._losses else []
        self._losses.clear()
        where: list[Part] = [f"epoch {event.epoch:>3}", f"step {event.step:>6}"]
        self._say_items([*where, *train, ("validation", "bold"), *scores], indent=4)

    def _say_items(self, items: Sequence[Part], indent: int, style: str = "") -> None:
        """Items in one line, on a terminal in as many as they need: a number is never broken."""
        width = self._console.width if self._console.is_terminal else None
        for line in fill(items, width, indent):
            self._progress.console.print(line, style=style)

    def _say(self, *parts: Part) -> None:
        """A line, which a terminal breaks between words and not within numbers."""
        self._progress.console.print(line_of(*parts), soft_wrap=not self._console.is_terminal)


def _pace(seconds: float) -> str:
    return f"{seconds:.2f} s/step" if seconds >= 1 else f"{1 / max(seconds, 1e-9):.1f} steps/s"
