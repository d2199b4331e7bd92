"""The numbers of the charts over a run: evaluations, steps, and what a step's time is made of."""

from __future__ import annotations

from collections.abc import Sequence

from framecast.plugin.events import StepDone
from framecast.report.curves import grouped
from framecast.report.numbers import duration, memory, score
from framecast.report.record import Record
from framecast.report.step_parts import step_parts
from framecast.report.table import Cell, Column, Row, Table, words

_MOST_ROWS = 40


def evaluation_table(record: Record) -> Table | None:
    """Every evaluation of the model, the best one apart."""
    if not record.evaluations:
        return None
    columns = [Column("step"), Column("epochs"), *(Column(each.name, each.note) for each in record.scores)]
    rows = []
    for event in record.evaluations:
        values = [score(event.metrics.get(each.key)) for each in record.scores]
        rows.append(words(f"{event.step:,}", str(event.epoch), *values, emphasis=event is record.best))
    return Table(columns, rows, "All evaluations of the model on validation clips")


def step_table(record: Record) -> Table | None:
    """Means over groups of neighbouring steps."""
    if not record.steps:
        return None
    logs = list(dict.fromkeys(name for event in record.steps for name in event.logs))
    scaled = any(event.loss_scale is not None for event in record.steps)
    names = ["loss", "learning rate", *(name.replace("_", " ") for name in logs), "gradient norm"]
    names += ["loss scale", "skipped"] if scaled else []
    columns = [Column("steps"), *map(Column, names), Column("data", "ms"), Column("forward", "ms")]
    columns += [Column("backward", "ms"), Column("other", "ms"), Column("memory")]
    rows = [_row(group, logs, scaled) for group in grouped(record.steps, _MOST_ROWS)]
    return Table(columns, rows, "Means over neighbouring steps; rate, scale and memory at the last of them")


def time_table(record: Record) -> Table | None:
    """Mean time of a step by part."""
    if not record.steps:
        return None
    parts = step_parts(record.steps)
    whole = sum(parts.values()) or 1.0
    rows = [words(name, duration(seconds), f"{100 * seconds / whole:.1f} %") for name, seconds in parts.items()]
    rows.append(words("whole step", duration(sum(parts.values())), "100 %", emphasis=True))
    return Table([Column("part", words=True), Column("mean time"), Column("share")], rows)


def _row(group: Sequence[StepDone], logs: Sequence[str], scaled: bool) -> Row:
    first, last = group[0], group[-1]
    norms = [event.gradient_norm for event in group if event.gradient_norm is not None]
    steps = f"{first.step:,}–{last.step:,}" if len(group) > 1 else f"{first.step:,}"
    cells = [steps, score(sum(event.loss for event in group) / len(group)), score(last.learning_rate)]
    cells += [score(last.logs.get(name)) for name in logs]
    cells.append(score(sum(norms) / len(norms) if norms else None))
    if scaled:
        cells += [
            "–" if last.loss_scale is None else f"{last.loss_scale:,.0f}",
            str(sum(e.skipped for e in group)),
        ]
    cells += [f"{1000 * seconds:,.1f}" for seconds in step_parts(group).values()]
    return Row([Cell(text) for text in (*cells, memory(last.memory))])
