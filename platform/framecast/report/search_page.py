"""report.html of a search: the front, what each setting buys, how trials learned, and all of them in a table."""

from __future__ import annotations

import statistics
from collections import defaultdict
from typing import Any

from framecast.counting import plural
from framecast.files import write_atomically
from framecast.report.layout import rendered
from framecast.report.numbers import duration, score
from framecast.report.table import Cell, Column, Row, Table, words
from framecast.report.trial_charts import front_charts, heat_map_chart, learning_chart, parallel_chart
from framecast.report.trial_values import value_order, value_text
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
        "fronts": front_charts(results),
        "settings": [_setting_table(results, key) for key in results.search.parameters],
        "verdict": _verdict(results),
        "heat": heat_map_chart(results),
        "parallel": parallel_chart(results),
        "learning": learning_chart(results),
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


def _setting_table(results: Results, key: str) -> Table:
    """What the finished trials with each value of a setting scored."""
    name = next(iter(results.search.objectives))
    groups: dict[Any, list[float]] = defaultdict(list)
    for trial in results.ranked:
        values = trial.objectives(results.search)
        if key in trial.point and values:
            groups[value_text(trial.point[key])].append(values[0])
    better = min if results.search.objectives[name] == "min" else max
    rows = [
        words(value, str(len(scores)), score(statistics.median(scores)), score(better(scores)))
        for value, scores in sorted(groups.items(), key=lambda item: value_order(item[0]))
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
            chance = f"but scores dealt out at random give as much {odds} cases: not distinguishable from chance"
        else:
            chance = f"which chance gives {odds} cases only; best on average is {found.best_value}"
        said.append(f"{share}, {chance}.")
    said.append(
        f"All from {finished} finished trials of one seed on the same clips: what another seed would do, and how "
        "settings work together, they do not tell."
    )
    return said


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
        cells += [Cell(value_text(row.get(key))) for key in search.parameters]
        cells += [Cell(score(row[name])) for name in search.objectives]
        cells += [Cell(row["reason"])]
        rows.append(Row(cells, emphasis=bool(results.ranked) and row["trial"] == results.ranked[0].number))
    return Table(columns, rows, caption="* on the Pareto front, among trials that finished")


def _point(trial: Trial) -> str:
    return ", ".join(f"{key.removeprefix('model.')} {value_text(value)}" for key, value in trial.point.items())
