"""report.html of a search: the front, what each setting buys, how trials learned, and all of them in a table."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations
from typing import Any

from markupsafe import Markup

from framecast.counting import plural
from framecast.errors import InputError
from framecast.files import write_atomically
from framecast.job.recorded_plan import RecordedPlan
from framecast.job.search import SECONDS
from framecast.report.chart import Line, Panel, chart
from framecast.report.layout import rendered
from framecast.report.numbers import duration, score
from framecast.report.search_charts import Dot, heat_map, parallel, scatter
from framecast.report.table import Cell, Column, Row, Table, words
from framecast.search.importance import UNLIKELY, importance_of
from framecast.search.results import Results
from framecast.search.search_folder import SearchFolder
from framecast.search.trial import Trial

_ENOUGH = 8
"""Finished trials below which nothing is said about importance."""


def write_search_report(folder: SearchFolder) -> None:
    """Writes the search's page into its folder."""
    write_atomically(folder.report, render_search_report(folder))


def render_search_report(folder: SearchFolder) -> str:
    """The search's page."""
    results = Results.of(folder)
    content: dict[str, Any] = {
        "folder": folder,
        "results": results,
        "figures": _figures(results),
        "best": _point(results.ranked[0]) if results.ranked else "",
        "failures": [
            (trial.number, _point(trial), trial.reason) for trial in results.trials if trial.state == "failed"
        ],
        "fronts": _fronts(results),
        "settings": [_setting_table(results, key) for key in results.search.parameters],
        "verdict": _verdict(results),
        "heat": _heat_map(results),
        "parallel": _parallel(results),
        "learning": _learning(results),
        "trials": _trials_table(results),
    }
    return rendered("search_page.html.j2", f"{folder.name} · search", folder.id, content)


def _figures(results: Results) -> list[tuple[str, str, str]]:
    """(value, what it is, a word more)."""
    name = next(iter(results.search.objectives))
    states = results.states
    stopped = f"{states.get('stopped', 0)} of {len(results.trials)}"
    found = [
        (str(states.get("finished", 0)), "trials finished", f"of {results.search.trials} asked for"),
        (stopped, "stopped early", f"by {results.search.scheduler}"),
        (str(states.get("failed", 0)), "failed", "each with its reason below"),
        (duration(sum(trial.seconds for trial in results.trials)), "of training", "all trials together"),
    ]
    if results.ranked:
        values = results.ranked[0].objectives(results.search) or [0.0]
        found.insert(0, (score(values[0]), f"best {name}", f"trial {results.ranked[0].number}"))
    return found


def _fronts(results: Results) -> list[Markup]:
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


def _setting_table(results: Results, key: str) -> Table:
    """What the finished trials with each value of a setting scored."""
    name = next(iter(results.search.objectives))
    groups: dict[Any, list[float]] = defaultdict(list)
    for trial in results.ranked:
        values = trial.objectives(results.search)
        if key in trial.point and values:
            groups[_shown(trial.point[key])].append(values[0])
    better = min if results.search.objectives[name] == "min" else max
    rows = [
        words(value, str(len(scores)), score(statistics.median(scores)), score(better(scores)))
        for value, scores in sorted(groups.items(), key=lambda item: _order(item[0]))
    ]
    columns = [
        Column(key.removeprefix("model.")),
        Column("trials", note="finished"),
        Column("median", note=name),
        Column("best", note=name),
    ]
    return Table(columns, rows)


def _verdict(results: Results) -> list[str]:
    """What the trials tell of each setting, and what they cannot: from their number and their spread."""
    finished = len(results.ranked)
    if finished < _ENOUGH:
        return [
            f"{plural(finished, 'finished trial')} cannot tell which setting matters: at least "
            f"{_ENOUGH} are needed, and more where several settings vary at once."
        ]
    said = []
    for found in importance_of(results):
        key = found.key.removeprefix("model.")
        share = f"{key}: {found.importance:.0%} of the variance lies between its values"
        odds = "in less than 1 of 100" if found.chance < 0.01 else f"in {100 * found.chance:.0f} of 100"
        if found.chance >= UNLIKELY:
            chance = f"but scores dealt out at random give as much {odds} cases: not told apart from chance"
        else:
            chance = f"which chance gives {odds} cases only; best on average is {found.best_value}"
        said.append(f"{share}, {chance}.")
    said.append(
        f"All from {finished} finished trials of one seed on the same clips: what another seed would do, and how "
        "settings work together, they do not tell."
    )
    return said


def _heat_map(results: Results) -> Markup | None:
    """The median score for each pair of values of two settings: two of a group that the model declares, else those
    that took most values."""
    keys = _pair(results)
    if keys is None:
        return None
    cells: dict[tuple[str, str], list[float]] = defaultdict(list)
    for trial in results.ranked:
        values = trial.objectives(results.search)
        if values and all(key in trial.point for key in keys):
            cells[_shown(trial.point[keys[0]]), _shown(trial.point[keys[1]])].append(values[0])
    if not cells:
        return None
    rows, columns = (sorted({pair[place] for pair in cells}, key=_order) for place in (0, 1))
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


def _parallel(results: Results) -> Markup | None:
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


def _learning(results: Results) -> Markup | None:
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


def _trials_table(results: Results) -> Table:
    search = results.search
    columns = [Column("trial"), Column("state", words=True), Column("epochs")]
    columns += [Column(key.removeprefix("model.")) for key in search.parameters]
    columns += [
        Column(name, note="lower is better" if way == "min" else "higher is better")
        for name, way in search.objectives.items()
    ]
    columns += [Column("why", words=True)]
    rows = []
    for row in results.rows():
        cells = [
            Cell(f"{row['trial']}{' *' if row['front'] else ''}"),
            Cell(row["state"]),
            Cell(str(row["epoch"])),
        ]
        cells += [Cell(_shown(row.get(key))) for key in search.parameters]
        cells += [Cell(score(row[name])) for name in search.objectives]
        cells += [Cell(row["reason"])]
        rows.append(Row(cells, emphasis=bool(results.ranked) and row["trial"] == results.ranked[0].number))
    return Table(columns, rows, caption="* on the Pareto front, among trials that finished")


def _point(trial: Trial) -> str:
    return ", ".join(f"{key.removeprefix('model.')} {_shown(value)}" for key, value in trial.point.items())


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _order(shown: str) -> tuple[int, float, str]:
    """Numbers by size, then words."""
    try:
        return 0, float(shown), ""
    except ValueError:  # handled: no number; words are sorted after numbers
        return 1, 0.0, shown
