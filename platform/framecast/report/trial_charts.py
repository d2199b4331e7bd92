"""Charts of a search's trials: fronts, pairs of settings, all settings at once, and how trials learned."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations
from typing import Any

from markupsafe import Markup

from framecast.errors import InputError
from framecast.job.recorded_plan import RecordedPlan
from framecast.job.search import SECONDS
from framecast.report.chart import Line, Panel, chart
from framecast.report.search_charts import Dot, heat_map, parallel, scatter
from framecast.report.trial_values import value_order, value_text
from framecast.search.results import Results
from framecast.search.trial import Trial


def front_charts(results: Results) -> list[Markup]:
    """The first objective against every other number that has a cost."""
    name, *others = results.search.objectives
    axes = list(dict.fromkeys([*others, "parameters", SECONDS]))
    charts = []
    for other in axes:
        pairs = [
            (trial, _number(trial, other, results), _number(trial, name, results)) for trial in results.ranked
        ]
        known = [(trial, x, y) for trial, x, y in pairs if x is not None and y is not None]
        if len(known) < 2:
            continue
        sign = {"min": 1, "max": -1}
        way_x, way_y = sign[results.search.objectives.get(other, "min")], sign[results.search.objectives[name]]

        def beaten(
            x: float, y: float, known: Sequence[Any] = known, way_x: int = way_x, way_y: int = way_y
        ) -> bool:
            mine = (way_x * x, way_y * y)
            theirs = [(way_x * u, way_y * v) for _, u, v in known]
            return any(one != mine and one[0] <= mine[0] and one[1] <= mine[1] for one in theirs)

        dots = [Dot(x, y, str(trial.number), not beaten(x, y)) for trial, x, y in known]
        charts.append(scatter(dots, other.replace("_", " "), name))
    return charts


def _number(trial: Trial, name: str, results: Results) -> float | None:
    values = dict(zip(results.search.objectives, trial.objectives(results.search) or (), strict=False))
    if name in values:
        return values[name]
    return trial.seconds_per_step if name == SECONDS else trial.cost.get(name)


def heat_map_chart(results: Results) -> Markup | None:
    """The median score for each pair of values of two settings: two of a group that the model declares, else those
    that took most values."""
    keys = _pair(results)
    if keys is None:
        return None
    cells: dict[tuple[str, str], list[float]] = defaultdict(list)
    for trial in results.ranked:
        values = trial.objectives(results.search)
        if values and all(key in trial.point for key in keys):
            cells[value_text(trial.point[keys[0]]), value_text(trial.point[keys[1]])].append(values[0])
    if not cells:
        return None
    rows, columns = (sorted({pair[place] for pair in cells}, key=value_order) for place in (0, 1))
    medians = {pair: (statistics.median(scores), len(scores)) for pair, scores in cells.items()}
    return heat_map(medians, rows, columns, (keys[0].removeprefix("model."), keys[1].removeprefix("model.")))


def _pair(results: Results) -> tuple[str, str] | None:
    countable = [key for key, parameter in results.search.parameters.items() if parameter.values is not None]
    for group in _setting_groups(results):
        searched = [key for key in group if key in countable]
        if len(searched) > 1:
            return searched[0], searched[1]
    taken = {key: len({repr(trial.point.get(key)) for trial in results.ranked}) for key in countable}
    return max(combinations(countable, 2), key=lambda pair: taken[pair[0]] * taken[pair[1]], default=None)


def _setting_groups(results: Results) -> list[list[str]]:
    """The settings that act together, as the model of the best trial declares."""
    if not results.ranked:
        return []
    try:
        return RecordedPlan.of(results.ranked[0].run.plan).setting_groups
    except InputError:  # handled: without its plan the settings that took most values are drawn
        return []


def parallel_chart(results: Results) -> Markup | None:
    """A line for each finished trial through its settings and objectives; None where there are not two."""
    names = [*results.search.parameters, *results.search.objectives]
    rows: list[dict[str, float]] = []
    for trial in results.ranked:
        row: dict[str, float] = {}
        for key, parameter in results.search.parameters.items():
            if key in trial.point:
                value, listed = trial.point[key], parameter.values
                numeric = isinstance(value, int | float) and not isinstance(value, bool)
                row[key.removeprefix("model.")] = (
                    float(value) if numeric else float((listed or [value]).index(value))
                )
        values = trial.objectives(results.search) or ()
        rows.append(row | dict(zip(results.search.objectives, values, strict=True)))
    if len(rows) < 2:
        return None
    shown = [name.removeprefix("model.") for name in names]
    shown = [name for name in shown if any(name in row for row in rows)]
    levels = [0 if place < len(rows) / 2 else 1 for place in range(len(rows))]  # they are ranked
    return parallel(rows, shown, levels, 0)


def learning_chart(results: Results) -> Markup | None:
    """Every trial's scores by epoch; stopped ones faint, the best on top."""
    name = results.search.measured[0]
    best = results.ranked[0].number if results.ranked else None
    lines = []
    for trial in sorted(results.trials, key=lambda trial: (trial.number == best, trial.state == "finished")):
        points = [
            (float(event.epoch), event.metrics[name]) for event in trial.evaluations if name in event.metrics
        ]
        if points:
            chosen = trial.number == best
            lines.append(
                Line(
                    points,
                    "blue" if chosen else "grey",
                    name=f"trial {trial.number}" if chosen else "",
                    shape="solid" if chosen or trial.state == "finished" else "faint",
                    marked=chosen,
                )
            )
    return chart([Panel(name, lines, height=220)], "epoch") if lines else None
