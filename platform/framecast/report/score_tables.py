"""What came of a run, as tables: beside the trivial forecasters, over predicted frames, beside the papers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain, repeat
from typing import Any

from framecast.registry.kinds import Answer, PublishedResult
from framecast.report.chart import Points
from framecast.report.numbers import score
from framecast.report.palette import MODEL, is_forecaster, written
from framecast.report.record import Record, Score
from framecast.report.table import Cell, Column, Row, Table

Scored = dict[tuple[str, str], float]
"""Scores by metric and protocol."""


def score_table(record: Record) -> Table | None:
    """The best evaluation beside the trivial forecasters, the best of each column marked."""
    if not record.best:
        return None
    which = f"best by {record.status.monitor}" if record.status.best_step is not None else "newest"
    name = f"{record.plan.model.name}, step {record.best.step:,}, {which}"
    named = {name: record.best.metrics}
    named |= {written(baseline): event.metrics for baseline, event in record.baselines.items()}
    return ranked_table(named, record.scores, f"on {record.best.samples:,} clips")


def ranked_table(
    named: dict[str, dict[str, float]],
    scores: Sequence[Score],
    about: str,
    colours: Sequence[str] = (MODEL.colour,),
) -> Table:
    """Rows of scores, the best of each column marked; the first rows have `colours`."""
    best = {
        each.key: each.best(values[each.key] for values in named.values() if each.key in values) for each in scores
    }
    rows = []
    for (name, values), colour in zip(named.items(), chain(colours, repeat("")), strict=False):
        cells = [
            Cell(score(values.get(e.key)), best=e.key in values and values[e.key] == best[e.key]) for e in scores
        ]
        rows.append(Row([Cell(name, colour=colour), *cells]))
    return Table([Column(about, words=True), *(Column(each.name, each.note) for each in scores)], rows)


def horizon_tables(record: Record, needs: Answer) -> list[Table]:
    """The numbers of the charts over predicted frames, or over observed shares."""
    if not record.best:
        return []
    rows = {"model": record.best, **record.baselines}
    return [
        table
        for each in record.scores
        if each.needs == needs
        for table in over_horizon(
            each.name, each.note, {name: record.points(each, event) for name, event in rows.items()}
        )
    ]


def over_horizon(name: str, note: str, series: Mapping[str, Points]) -> list[Table]:
    """A row for each series, a column for each place on the horizon; no table where no series has values."""
    found = {label: dict(points) for label, points in series.items() if points}
    if not found:
        return []
    places = sorted({place for points in found.values() for place in points})
    columns = [Column(name, note, words=True), *(Column(f"{place:.3g}") for place in places)]
    return [
        Table(
            columns,
            [
                Row([Cell(written(label)), *(Cell(score(points.get(place))) for place in places)])
                for label, points in found.items()
            ],
        )
    ]


def published_table(record: Record) -> Table | None:
    """Other people's results on this data set beside ours: those with our horizon, else all."""
    published: Sequence[PublishedResult] = getattr(record.plan.data.declaration, "published", ())
    if not published:
        return None
    task = record.plan.task.settings.model_dump()
    horizon = (task.get("frames_in"), task.get("frames_out"))
    evaluated = {(content.get("frames_in"), content.get("frames_out")) for content in record.measured}
    same = [row for row in published if (row.frames_in, row.frames_out) in {horizon, *evaluated}]
    theirs = [
        (
            row.model,
            row.source,
            (row.frames_in, row.frames_out),
            {(n, row.protocol): v for n, v in row.scores.items()},
        )
        for row in same or published
    ]
    names = {name for row in same or published for name in row.scores}
    rows = [*_ours(record, horizon, names), *theirs]
    keys = list(dict.fromkeys(key for row in rows for key in row[3]))
    keys.sort(key=lambda key: key[0])
    columns = [Column("model", words=True), Column("frames", "seen → predicted", words=True)]
    columns += [Column(name, protocol) for name, protocol in keys]
    return Table(
        columns,
        [
            Row(
                [
                    Cell(model, note),
                    Cell(f"{seen} → {out}" if seen else "–"),
                    *(Cell(score(values.get(key))) for key in keys),
                ],
                emphasis=number < len(rows) - len(theirs),
            )
            for number, (model, note, (seen, out), values) in enumerate(rows)
        ],
        "A number can be compared only with numbers of the same protocol (named below each metric) and horizon.",
    )


def _ours(
    record: Record, horizon: tuple[Any, Any], names: set[str]
) -> list[tuple[str, str, tuple[Any, Any], Scored]]:
    rows = []
    if record.best:
        values = {
            (each.name, each.protocol): record.best.metrics[each.key]
            for each in record.scores
            if each.name in names and each.key in record.best.metrics
        }
        rows.append((record.plan.model.name, "this run, validation", horizon, values))
    for content in record.measured:
        protocols = content.get("protocols", {})
        for row in (row for row in content["rows"] if not is_forecaster(row["model"])):
            values = {
                (name, protocols.get(name) or "framecast"): found["value"]
                for name, found in row["metrics"].items()
                if name in names
            }
            where = f"this run, {content.get('split', 'test')}"
            rows.append((row["label"], where, (content.get("frames_in"), content.get("frames_out")), values))
    return rows
