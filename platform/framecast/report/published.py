"""Other people's results on the run's data set, as far as they compare with the run's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from framecast.command_line import command
from framecast.counting import plural
from framecast.json_text import number
from framecast.plugin.published_result import PublishedResult
from framecast.report.measured import is_baseline
from framecast.report.numbers import score
from framecast.report.record import Record
from framecast.report.table import Cell, Column, Row, Table

Scored = dict[tuple[str, str], float]
"""Scores by metric and protocol."""


class _Own(NamedTuple):
    """Scores of this run over a horizon of (seen, predicted) frames; `note` says of which clips."""

    model: str
    note: str
    horizon: tuple[Any, Any]
    scores: Scored


@dataclass(frozen=True)
class Published:
    """`table` holds the comparable results with the run's own; where there are none, `reason` says why."""

    table: Table | None
    reason: str = ""

    @classmethod
    def of(cls, record: Record) -> Published | None:
        """None where the data set declares no published results."""
        published: Sequence[PublishedResult] = record.plan.published
        if not published:
            return None
        size = (record.plan.sample_shape.height, record.plan.sample_shape.width)
        of_size = [row for row in published if row.frame_size in (None, size)]
        own = [*_evaluated(record), *_while_training(record)]
        same = [row for row in of_size if any(each.horizon == _horizon(row) for each in own)]
        pairs = [(each, row) for row in same for each in own if each.horizon == _horizon(row)]
        keys = sorted({key for each, row in pairs for key in each.scores.keys() & _scores(row).keys()})
        if keys:
            theirs = [row for row in same if _scores(row).keys() & set(keys)]
            ours = [
                each for each in own if each.horizon in map(_horizon, theirs) and each.scores.keys() & set(keys)
            ]
            return cls(_table(record, ours, theirs, keys))
        return cls(None, _reason(record, published, of_size, same))


def _reason(
    record: Record,
    published: Sequence[PublishedResult],
    of_size: Sequence[PublishedResult],
    same: Sequence[PublishedResult],
) -> str:
    known = plural(len(published), "published result")
    if not of_size:
        shape = record.plan.sample_shape
        sizes = sorted({f"{row.frame_size[0]}x{row.frame_size[1]}" for row in published if row.frame_size})
        return (
            f"None of {known} compares: they are of frames of {', '.join(sizes)} pixels, these are of "
            f"{shape.height}x{shape.width}."
        )
    row = (same or of_size)[0]
    would = _evaluation_like(record, row)
    if not same:
        horizons = dict.fromkeys(f"{each.frames_in} → {each.frames_out}" for each in of_size)
        return f"None of {known} compares: they predict {', '.join(horizons)} frames.{would}"
    protocols = ", ".join(dict.fromkeys(each.protocol for each in same))
    return f"None of {known} compares: they are of protocol {protocols}.{would}"


def _evaluation_like(record: Record, row: PublishedResult) -> str:
    """A sentence with the command whose scores compare with `row`; empty where no key sets the task's horizon."""
    lengths = list(zip(record.plan.horizon_keys, _horizon(row), record.plan.horizon or (None, None), strict=True))
    if any(key is None and wanted != trained for key, wanted, trained in lengths):
        return ""
    keys = [f"{key}={wanted}" for key, wanted, _ in lengths if key]
    options = ["--metrics", ",".join(row.scores), "--protocol", row.protocol]
    return f" This one would: {command('evaluate', record.run.id, *keys, *options)}"


def _table(
    record: Record, ours: Sequence[_Own], theirs: Sequence[PublishedResult], keys: Sequence[tuple[str, str]]
) -> Table:
    units = _units(record)
    columns = [Column("model", words=True), Column("frames", "seen → predicted", words=True)]
    notes = [", ".join(filter(None, (protocol, units.get((name, protocol))))) for name, protocol in keys]
    columns += [Column(name, note) for (name, _), note in zip(keys, notes, strict=True)]
    rows = [_row(each.model, each.note, each.horizon, each.scores, keys, emphasis=True) for each in ours]
    rows += [_row(row.model, row.source, _horizon(row), _scores(row), keys) for row in theirs]
    return Table(columns, rows, "Of the same protocol and horizon. The papers score the data set's test clips.")


def _row(
    model: str,
    note: str,
    horizon: tuple[Any, Any],
    scores: Mapping[tuple[str, str], float],
    keys: Sequence[tuple[str, str]],
    emphasis: bool = False,
) -> Row:
    cells = [Cell(model, note), Cell(f"{horizon[0]} → {horizon[1]}")]
    return Row([*cells, *(Cell(score(scores.get(key))) for key in keys)], emphasis=emphasis)


def _horizon(row: PublishedResult) -> tuple[int, int]:
    return row.frames_in, row.frames_out


def _scores(row: PublishedResult) -> Scored:
    return {(name, row.protocol): value for name, value in row.scores.items()}


def _units(record: Record) -> dict[tuple[str, str], str]:
    """Of every score that the run or its evaluations have."""
    units = {(metric.name, metric.protocol): metric.unit for metric in record.plan.metrics}
    for content in record.measured:
        for name, unit in content.get("units", {}).items():
            units[name, content.get("protocols", {}).get(name) or ""] = unit
    return units


def _while_training(record: Record) -> list[_Own]:
    if not record.best:
        return []
    scores = {
        (each.name, each.protocol): record.best.metrics[each.key]
        for each in record.scores
        if each.key in record.best.metrics
    }
    horizon = record.plan.horizon or (None, None)
    return [_Own(record.plan.model.name, "this run, validation clips", horizon, scores)]


def _evaluated(record: Record) -> list[_Own]:
    rows = []
    for content in record.measured:
        protocols = content.get("protocols", {})
        for row in (row for row in content["rows"] if not is_baseline(row)):
            scores = {
                (name, protocols.get(name) or ""): number(found["value"]) for name, found in row["metrics"].items()
            }
            horizon = (content.get("frames_in"), content.get("frames_out"))
            rows.append(_Own(row["label"], f"this run, {content.get('split', 'test')} clips", horizon, scores))
    return rows
