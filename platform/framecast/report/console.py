"""The live console: a progress line and a line for each evaluation; without a terminal, lines at intervals."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeRemainingColumn,
)

from framecast.launch.tolerant import Tolerant
from framecast.report.rich_console import Part, console_on, line_of
from framecast.runs.events import (
    CheckpointSaved,
    DataRead,
    Evaluated,
    Event,
    Noticed,
    RunInterrupted,
    RunStarted,
    StepDone,
)
from framecast.runs.folder import RunFolder

_SECONDS_BETWEEN_LINES = 15.0


@contextmanager
def following(run: RunFolder, terminal: IO[str], title: str) -> Iterator[None]:
    """Shows the run's events on `terminal` while the body runs, and keeps what it shows in logs/console.log."""
    done = threading.Event()
    events = run.journal.follow(done.is_set)
    with open(run.logs / "console.log", "a", buffering=1, encoding="utf-8", errors="backslashreplace") as log:
        views = [LiveView(console_on(file), title) for file in (terminal, Tolerant(log))]

        def show() -> None:
            with views[0], views[1]:
                for event in events:
                    for view in views:
                        try:
                            view.show(event)
                        except Exception:  # one line that cannot be drawn must not end the console
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
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[numbers]}", markup=False),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
            redirect_stdout=False,  # what libraries print belongs into the logs
            redirect_stderr=False,
        )
        self._task = self._progress.add_task("starting", total=None, numbers="")
        self._title = title
        self._losses: list[float] = []
        self._evaluated: Evaluated | None = None
        self._line_at = 0.0
        self._noted: set[str] = set()

    def __enter__(self) -> LiveView:
        self._say(self._title)
        self._progress.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._progress.stop()

    def show(self, event: Event) -> None:
        match event:
            case RunStarted():
                self._started(event)
            case DataRead():
                self._data_read(event)
            case StepDone():
                self._stepped(event)
            case Evaluated():
                self._evaluated_now(event)
            case CheckpointSaved(best=True):
                self._say(("  best so far", "green"), f", kept as checkpoints/best ({event.folder})")
            case Noticed():
                self._say(("note: ", "yellow"), event.message)
            case RunInterrupted():
                self._say(f"stopping: {event.reason}; checkpoint at step {event.step}")

    def _started(self, event: RunStarted) -> None:
        workers = f"{event.workers} worker{'s' if event.workers > 1 else ''}"
        again = f", attempt {event.attempt} from step {event.step}" if event.attempt > 1 else ""
        self._say(
            f"training {event.parameters:,} parameters on {workers} ({event.device}, {event.precision}, "
            f"{event.strategy}), {event.total_steps:,} steps{again}"
        )
        self._progress.update(self._task, total=event.total_steps, completed=event.step, description="epoch 1")

    def _data_read(self, event: DataRead) -> None:
        if event.sequences is None and not (event.notes or event.warnings):
            return  # generated clips: there is nothing to know that the job does not say
        more = f" and {event.skipped - len(event.reasons)} more" if event.skipped > len(event.reasons) else ""
        left_out = f"; {event.skipped} left out: {'; '.join(event.reasons)}{more}" if event.skipped else ""
        plural = "s" if event.sequences != 1 else ""
        origin = "" if event.sequences is None else f" from {event.sequences:,} sequence{plural}"
        self._say(f"{event.split:>10}: {event.clips:,} clips{origin}{left_out}")
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
        numbers = f"loss {loss:.4f}  {_pace(event.seconds)}"
        self._progress.update(
            self._task, completed=event.step, description=f"epoch {event.epoch + 1}", numbers=numbers
        )
        if not self._console.is_terminal and event.time - self._line_at >= _SECONDS_BETWEEN_LINES:
            self._line_at = event.time
            self._say(f"epoch {event.epoch + 1}  step {event.step}  {numbers}")

    def _evaluated_now(self, event: Evaluated) -> None:
        scores = "  ".join(
            f"{name.removeprefix('validation/')} {value:.4f}" for name, value in event.metrics.items()
        )
        if event.name != "model":
            self._say((f"{event.name:>18}  {scores}", "dim"))
            return
        train = f"train {sum(self._losses) / len(self._losses):.4f}  " if self._losses else ""
        self._losses.clear()
        self._say(f"epoch {event.epoch:>3}  step {event.step:>6}  {train}", ("validation", "bold"), f" {scores}")

    def _say(self, *parts: Part) -> None:
        self._progress.console.print(line_of(*parts))


def _pace(seconds: float) -> str:
    return f"{seconds:.2f} s/step" if seconds >= 1 else f"{1 / max(seconds, 1e-9):.1f} steps/s"
