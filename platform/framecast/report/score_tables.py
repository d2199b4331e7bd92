"""Scores of a run as tables: with the baselines, and over predicted frames or observed shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain, repeat

from framecast.counting import plural
from framecast.plugin.declarations import Answer
from framecast.report.chart import Points
from framecast.report.numbers import score
from framecast.report.palette import MODEL, in_words
from framecast.report.record import Record, Score
from framecast.report.table import Cell, Column, Row, Table


def score_table(record: Record) -> Table | None:
    """The best evaluation with the baselines, the best of each column marked."""
    if not record.best:
        return None
    which = f"best by {record.status.monitor}" if record.status.best_step is not None else "newest"
    name = f"{record.plan.model.name}, step {record.best.step:,}, {which}"
    named = {name: record.best.metrics}
    named |= {in_words(baseline): event.metrics for baseline, event in record.baselines.items()}
    return ranked_table(named, record.scores, f"on {plural(record.best.samples, 'clip')}")


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


def horizon_tables(record: Record, requires: Answer) -> list[Table]:
    """The numbers of the charts over predicted frames, or over observed shares."""
    if not record.best:
        return []
    rows = {"model": record.best, **{in_words(name): event for name, event in record.baselines.items()}}
    return [
        table
        for each in record.scores
        if each.requires == requires
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
                Row([Cell(label), *(Cell(score(points.get(place))) for place in places)])
                for label, points in found.items()
            ],
        )
    ]
