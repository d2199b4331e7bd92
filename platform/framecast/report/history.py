"""The history of a run: attempts after the first, what ended each, and what the user should know."""

from __future__ import annotations

from datetime import datetime

from framecast.counting import plural
from framecast.plugin.events import Event, RunFailed, RunInterrupted, RunStarted, Warned
from framecast.report.record import Record
from framecast.report.table import Column, Table, words


def history_table(record: Record) -> Table | None:
    """Each of these with its time and step; None for a run that went through undisturbed."""
    described = [(event, _described(event)) for event in record.raw]
    rows = [
        words(datetime.fromtimestamp(event.time).strftime("%Y-%m-%d %H:%M:%S"), f"{event.step:,}", what)
        for event, what in described
        if what and isinstance(event, RunStarted | Warned | RunInterrupted | RunFailed)
    ]
    columns = [Column("time"), Column("step"), Column("what happened", words=True)]
    return Table(columns, rows, "Attempts after the first, and notices") if rows else None


def _described(event: Event) -> str:
    match event:
        case RunStarted(attempt=attempt, workers=workers) if attempt > 1:
            return f"attempt {attempt} continued from here, with {plural(workers, 'worker')}"
        case Warned(message=message):
            return message
        case RunInterrupted(reason=reason):
            return f"interrupted: {reason}"
        case RunFailed(reason=reason):
            return f"failed: {reason}"
    return ""
