"""What `platform evaluate` measured, as a section of the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, nan
from typing import Any

import numpy as np
from markupsafe import Markup

from framecast.counting import plural
from framecast.json_text import number
from framecast.report.curves import Curve, horizon_curve
from framecast.report.horizon import Horizon
from framecast.report.matrix import matrix
from framecast.report.numbers import score
from framecast.report.palette import Look, baseline_looks, compared, in_words
from framecast.report.score_tables import over_horizon
from framecast.report.table import Cell, Column, Row, Table


@dataclass(frozen=True)
class Measured:
    """One evaluation: its scores with intervals, and its curves over predicted frames or observed shares with
    their numbers; for each model of classes, its confusion matrix at the last reading."""

    title: str
    scores: Table
    curves: list[Curve]
    tables: list[Table]
    matrices: dict[str, Markup]

    @classmethod
    def of(cls, content: dict[str, Any]) -> Measured:
        """From what an evaluation-*.json holds."""
        rows, protocols = content["rows"], content.get("protocols", {})
        names = list(dict.fromkeys(name for row in rows for name in row["metrics"]))
        units = content.get("units", {})
        notes = {name: ", ".join(filter(None, (protocols.get(name), units.get(name)))) for name in names} | {
            "loss": "of the task"
        }
        title = f"On {content.get('split', 'test')} clips"
        if content.get("frames_in") and content.get("frames_out"):
            title += f", {content['frames_in']} → {content['frames_out']} frames"
        series = _series(rows)
        looks = _looks(series, content.get("baselines", ()))
        curves: list[Curve] = []
        tables: list[Table] = []
        for name in names:
            horizon = Horizon.of(content.get("needs", {}).get(name, "frames"), content.get("readings", ()))
            over = {
                each: horizon.points(_known(row.get("per_frame", {}).get(name, [])))
                for each, row in series.items()
                if row.get("per_frame", {}).get(name)
            }
            curves += horizon_curve(name, notes[name], over, looks, horizon)
            tables += over_horizon(name, notes[name], over)
        scores = _scores(
            series, names, notes, plural(content.get("clips", 0), "clip"), intervals_in_words(content)
        )
        matrices = {
            each: matrix(np.array(row["confusion"][-1]), content["classes"])
            for each, row in series.items()
            if row.get("confusion")
        }
        return cls(title, scores, curves, tables, matrices)


def intervals_in_words(content: dict[str, Any]) -> str:
    """What the intervals of an evaluation take for independent, or why there are none."""
    about = content.get("intervals")
    if about is None:
        return "intervals over clips, as if no two of them overlapped: evaluate again for better ones"
    if about["reason"]:
        return f"no intervals: {about['reason']}"
    if about["groups"] is None:
        return f"intervals over {about['over']}, long against how slowly the scores change"
    text = f"intervals over {about['groups']:,} {about['over']}"
    return f"{text}, taken as independent: the data set does not say otherwise" if about["assumed"] else text


def _known(values: list[float | None]) -> list[float]:
    return [nan if each is None else each for each in values]


def _series(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The rows by short names, which fit at the end of a line: the models', numbered where two are of one kind."""
    models = [in_words(row["model"]) if is_baseline(row) else row["model"] for row in rows]
    return {
        model if models.count(model) == 1 else f"{model} {models[: at + 1].count(model)}": row
        for at, (model, row) in enumerate(zip(models, rows, strict=True))
    }


def is_baseline(row: dict[str, Any]) -> bool:
    """Whether a row of an evaluation is that of a baseline. Files of older versions do not say so: there it is one
    that stands for no run and no file, or a model without parameters."""
    if row.get("baseline") is not None:
        return bool(row["baseline"])
    return row["label"] == row["model"] or row.get("parameters") == 0


def _looks(series: dict[str, dict[str, Any]], declared: Sequence[str]) -> dict[str, Look]:
    baselines = [name for name, row in series.items() if is_baseline(row)]
    trained = [name for name in series if name not in baselines]
    looks = {name: compared(order) for order, name in enumerate(trained)}
    return looks | baseline_looks(baselines, [in_words(name) for name in declared])


def _scores(
    series: dict[str, dict[str, Any]], names: list[str], notes: dict[str, str], clips: str, about: str
) -> Table:
    columns = [Column(f"on {clips}", words=True), *(Column(name, notes[name]) for name in names)]
    shown = []
    for short, row in series.items():
        cells = [Cell(short, "" if in_words(row["label"]) == short else row["label"])]
        for name in names:
            found = row["metrics"].get(name, {})
            low, high = _known([found.get("low"), found.get("high")])
            interval = f"{score(low)} – {score(high)}" if isfinite(low) and isfinite(high) else ""
            cells.append(Cell(score(number(found.get("value"))), interval))
        shown.append(Row(cells, emphasis=not is_baseline(row)))
    return Table(columns, shown, f"Below each score, its 95 % interval. {about[0].upper()}{about[1:]}.")
