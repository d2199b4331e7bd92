"""metrics.csv: one row for each evaluation, for spreadsheets and plots of one's own."""

from __future__ import annotations

import csv
import io
import statistics

from framecast.files import write_atomically
from framecast.plugin.events import Evaluated, Event, StepDone
from framecast.runs.run_folder import RunFolder

Row = dict[str, str | float | int]


class MetricsTable:
    """Follows a run's events and keeps its metrics.csv: epoch, step, training loss since the last row, scores."""

    def __init__(self, run: RunFolder) -> None:
        self._run = run
        self._losses: list[float] = []
        self._rows: list[Row] = []
        for event in run.journal.read():  # what earlier attempts did counts, what was overtaken does not
            self._take(event)

    def __call__(self, event: Event) -> None:
        if self._take(event):
            self._write()

    def _take(self, event: Event) -> bool:
        if isinstance(event, StepDone):
            self._losses.append(event.loss)
        if not (isinstance(event, Evaluated) and event.name == "model"):
            return False
        row: Row = {"epoch": event.epoch, "step": event.step}
        row["train/loss"] = statistics.fmean(self._losses) if self._losses else ""
        self._rows.append({**row, **event.metrics})
        self._losses = []
        return True

    def _write(self) -> None:
        text = io.StringIO()
        writer = csv.DictWriter(text, list(dict.fromkeys(key for row in self._rows for key in row)))
        writer.writeheader()
        writer.writerows(self._rows)
        write_atomically(self._run.metrics, text.getvalue())
