"""The live table of a search: on a terminal, the trials as they stand; elsewhere, a line for each that ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import IO

from rich.console import Console
from rich.live import Live
from rich.table import Table

from framecast.command_line import command
from framecast.counting import plural
from framecast.plain_text import one_line
from framecast.plugin.events import SearchStarted
from framecast.report.rich_console import console_on, line_of
from framecast.search.results import Results
from framecast.search.search_folder import SearchFolder
from framecast.search.search_status import ENDED
from framecast.search.trial import Trial

_SECONDS, _SHOWN = 1.0, 12


@contextmanager
def following(folder: SearchFolder, terminal: IO[str]) -> Iterator[None]:
    """Shows the search on `terminal` while the body runs."""
    console = console_on(terminal)
    done = threading.Event()
    view = SearchView(folder, console)

    def show() -> None:
        with (
            Live(
                console=console,
                auto_refresh=False,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            if console.is_terminal
            else nullcontext() as live
        ):
            while True:
                last = done.wait(_SECONDS)
                drawn = view.table()
                view.say_what_ended()
                if live is not None:
                    live.update(drawn, refresh=True)
                if last:
                    return

    thread = threading.Thread(target=show, daemon=True)
    console.print(line_of(f"{folder.name}: a search, in {folder.path}"))
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


class SearchView:
    """Draws a search as its folder stands. Trials that have ended are read once."""

    def __init__(self, folder: SearchFolder, console: Console) -> None:
        self._folder, self._console = folder, console
        self._search = folder.search()
        self._ended: dict[str, Trial] = {}
        self._said: set[str] = set()
        self._began = time.monotonic()
        self._before: int | None = None

    def table(self) -> Table:
        """The newest trials, the best so far, and the time left by the pace so far."""
        trials = self._trials()
        ended = [trial for trial in trials if trial.state in ENDED]
        if self._before is None:
            self._before = len(ended)
        results = Results(self._search, trials)
        best = results.ranked[0].number if results.ranked else None
        done = len(ended) - self._before
        total = self._total()
        left = (time.monotonic() - self._began) / done * (total - len(ended)) if done else None
        title = f"{len(ended)} of {plural(total, 'trial')}" + (f", {left / 60:.0f} min left" if left else "")
        rows, best_row = self._rows(trials, best)
        names = ["trial", "state", "epoch", *self._search.parameters, *self._search.objectives]
        kept = self._fitting(names, rows)
        if left_out := len(names) - len(kept):
            title += f"; {plural(left_out, 'setting')} left out: {command('results', self._folder.id)}"
        drawn = Table(title=title, title_justify="left", box=None)
        for column in kept:
            drawn.add_column(_short(names[column]), justify="right", no_wrap=True)
        for number, row in enumerate(rows):
            drawn.add_row(*(row[column] for column in kept), style="bold" if number == best_row else None)
        return drawn

    def _rows(self, trials: list[Trial], best: int | None) -> tuple[list[list[str]], int | None]:
        """The cells of the newest trials, and which of these rows is the best one's."""
        rows, best_row = [], None
        for number, trial in enumerate(trials[-_SHOWN:]):
            values: list[float | None] = [*(trial.objectives(self._search) or [])]
            values += [None] * (len(self._search.objectives) - len(values))
            cells = [str(trial.number), trial.state, str(trial.epoch)]
            cells += [_text(trial.point.get(key)) for key in self._search.parameters]
            rows.append([*cells, *map(_text, values)])
            best_row = number if trial.number == best else best_row
        return rows, best_row

    def _fitting(self, names: list[str], rows: list[list[str]]) -> list[int]:
        """The columns that the terminal has room for: settings are left out, the last ones first, and no number is
        cut."""
        widths = [
            2 + max(len(text) for text in (_short(name), *(row[column] for row in rows)))
            for column, name in enumerate(names)
        ]
        kept = list(range(len(names)))
        settings = range(3, 3 + len(self._search.parameters))
        for column in reversed(settings):
            if sum(widths[each] for each in kept) <= self._console.width:
                break
            kept.remove(column)
        return kept

    def say_what_ended(self) -> None:
        """A line for each trial that has ended since the last call."""
        for name, trial in self._ended.items():
            if name not in self._said:
                self._said.add(name)
                point = " ".join(
                    f"{key.removeprefix('model.')}={_text(value)}" for key, value in trial.point.items()
                )
                values = trial.objectives(self._search)
                names = [name.removeprefix("validation/") for name in self._search.objectives]
                scores = "  ".join(
                    f"{name} {_text(value)}" for name, value in zip(names, values or (), strict=bool(values))
                )
                why = f"  {trial.reason}" if trial.state in ("failed", "stopped") else ""
                self._console.print(line_of(f"trial {trial.number:>3} {trial.state:>8}  {point}  {scores}{why}"))

    def _total(self) -> int:
        """How many trials it will have: no more than its space has points."""
        starts = [event.trials for event in self._folder.journal.raw() if isinstance(event, SearchStarted)]
        return starts[-1] if starts else self._search.trials

    def _trials(self) -> list[Trial]:
        found: dict[int, Trial] = {}
        for run in self._folder.trial_runs():
            trial = self._ended.get(run.id) or Trial.of(run)
            if trial.state in ENDED:
                self._ended[run.id] = trial
            found[trial.number] = trial
        return list(found.values())


def _short(name: str) -> str:
    return name.removeprefix("model.").removeprefix("validation/")


def _text(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else one_line(str(value))
