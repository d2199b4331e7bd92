"""The page that compares runs: settings that differ, scores and costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from framecast.files import write_atomically
from framecast.plugin.declarations import Answer
from framecast.report.chart import Line, Panel, chart
from framecast.report.curves import Curve, horizon_curve, smoothed, thinned_out
from framecast.report.layout import rendered
from framecast.report.numbers import duration, hours, memory, score
from framecast.report.palette import in_words
from framecast.report.run_comparison import RunComparison, by_score, score_key
from framecast.report.same_clips import same_clips
from framecast.report.score_tables import over_horizon, ranked_table
from framecast.report.step_parts import step_parts
from framecast.report.table import Cell, Column, Row, Table, words
from framecast.runs.run_folder import RunFolder
from framecast.secret_urls import set_aside


def write_comparison(runs: Sequence[RunFolder], file: Path) -> None:
    """Writes one self-contained page. Raises InputError where a run is named twice."""
    these = RunComparison.of(runs)
    title = " · ".join(f"{letter} {record.run.name}" for letter, record in these.records.items())
    content = {
        "records": these.records,
        "looks": these.looks,
        "incomparable": these.incomparable,
        "settings": settings_table(these),
        "scores": best_table(these),
        "learning": learning_curves(these),
        "learning_table": learning_table(these),
        "shares": _horizon_curves(these, "logits"),
        "share_tables": _horizon_tables(these, "logits"),
        "clips": same_clips(these.records),
        "clips_differ": any(record.kept_clips for record in these.records.values()),
        "horizon": _horizon_curves(these, "frames"),
        "horizon_tables": _horizon_tables(these, "frames"),
        "cost": cost_table(these),
    }
    write_atomically(file, rendered("comparison.html.j2", title, "the runs' folders", content))


def settings_table(these: RunComparison) -> Table:
    """The settings that are not the same in all runs."""
    jobs = {letter: dict(_flat(set_aside(record.plan.job))) for letter, record in these.records.items()}
    keys = list(dict.fromkeys(key for settings in jobs.values() for key in settings))
    rows = []
    for key in keys:
        values = [settings.get(key, "–") for settings in jobs.values()]
        if len(set(values)) > 1:
            rows.append(words(key, *values))
    return Table([Column("setting", words=True), *(Column(letter) for letter in jobs)], rows)


def best_table(these: RunComparison) -> Table:
    """Each run's best evaluation; the baselines where all saw the same clips."""
    named = {
        f"{letter}  {record.plan.model.name}": by_score(record, record.best.metrics)
        for letter, record in these.records.items()
        if record.best
    }
    keyed = [replace(score, key=score_key(score)) for score in these.scores]
    colours = [these.looks[letter].colour for letter, record in these.records.items() if record.best]
    return ranked_table(named | these.baselines(), keyed, "best evaluation", colours)


def learning_curves(these: RunComparison) -> list[Curve]:
    """Training losses, and each score over the steps, all runs in one chart."""
    losses, by_score = [], []
    for letter, record in these.records.items():
        steps = [(event.step, event.loss) for event in record.steps]
        losses.append(Line(thinned_out(smoothed(steps)), *_line(these, letter)))
    for each in these.scores:
        lines = []
        for letter, record in these.records.items():
            if each in record.scores:
                points = [(e.step, e.metrics[each.key]) for e in record.evaluations if each.key in e.metrics]
                lines.append(Line(points, *_line(these, letter), marked=True))
        title = f"validation {each.name}" if each.name == "loss" else each.name
        by_score.append(Panel(title, lines, note=each.note))
    panels = [Panel("training loss", losses, log=True, note="running mean"), *by_score]
    last = max(record.status.step for record in these.records.values())
    return [Curve(chart([panel], "step", reach=(0, last))) for panel in panels if any(True for _ in panel.xs)]


def learning_table(these: RunComparison) -> Table:
    """The numbers of the learning curves: all evaluations, with the training loss up to each."""
    columns = [Column("run", words=True), Column("step"), Column("loss", "training, mean since the last")]
    rows = []
    for letter, record in these.records.items():
        before = 0
        for event in record.evaluations:
            losses = [step.loss for step in record.steps if before < step.step <= event.step]
            trained = score(sum(losses) / len(losses)) if losses else "–"
            values = by_score(record, event.metrics)
            shown = [score(values.get(score_key(each))) for each in these.scores]
            first = Cell(letter, colour=these.looks[letter].colour)
            rows.append(Row([first, *map(Cell, (f"{event.step:,}", trained, *shown))]))
            before = event.step
    return Table([*columns, *(Column(each.name, each.note) for each in these.scores)], rows)


def cost_table(these: RunComparison) -> Table:
    """What each run took."""
    titles = ["run", "on", "steps", "parameters", "wall time", "device hours", "time per step", "peak memory"]
    rows = []
    for letter, record in these.records.items():
        started, steps = record.started, record.steps
        cells = [Cell(f"{letter}  {record.run.name}", record.status.state)]
        if started:
            cells += [
                Cell(f"{started.workers} × {started.device}", f"{started.precision}, {started.strategy}"),
                Cell(f"{record.status.step:,}", f"of {started.total_steps:,}"),
                Cell(f"{started.parameters:,}"),
                Cell(duration(record.wall_seconds)),
                Cell(hours(record.device_hours), record.device_hours_unit),
            ]
        if steps:
            cells.append(Cell(duration(sum(step_parts(steps).values()))))
            cells.append(Cell(memory(max(event.memory for event in steps))))
        rows.append(Row(cells + [Cell("–")] * (len(titles) - len(cells))))
    return Table([Column(title, words=not number) for number, title in enumerate(titles)], rows)


def _horizon_curves(these: RunComparison, requires: Answer) -> list[Curve]:
    curves = []
    horizon = next(iter(these.records.values())).horizon(requires)
    for each in (one for one in these.scores[1:] if one.requires == requires):
        series, looks = {}, {**these.baseline_looks, **these.looks}
        for letter, record in these.records.items():
            if record.best and each in record.scores:
                series[letter] = record.points(each, record.best)
            for name, event in record.baselines.items() if these.same_clips else ():
                series.setdefault(in_words(name), record.points(each, event))
        curves += horizon_curve(each.name, each.note, series, looks, horizon)
    return curves


def _horizon_tables(these: RunComparison, requires: Answer) -> list[Table]:
    tables = []
    for each in (one for one in these.scores if one.requires == requires):
        series = {}
        for letter, record in these.records.items():
            if record.best and each in record.scores:
                series[f"{letter}  {record.plan.model.name}"] = record.points(each, record.best)
            if these.same_clips:
                series |= {in_words(name): record.points(each, event) for name, event in record.baselines.items()}
        tables += over_horizon(each.name, each.note, series)
    return tables


def _line(these: RunComparison, letter: str) -> tuple[str, str, str]:
    look = these.looks[letter]
    return look.colour, letter, look.shape


def _flat(content: Any, place: str = "") -> list[tuple[str, str]]:
    """Settings by their dotted keys, as they would be overridden on the command line."""
    if isinstance(content, dict) and content:
        return [
            pair for key, value in content.items() for pair in _flat(value, f"{place}.{key}" if place else key)
        ]
    if isinstance(content, list) and any(isinstance(each, dict) for each in content):
        named = [each.get("name", str(number)) for number, each in enumerate(content)]
        return [
            (place, ", ".join(named)),
            *(
                pair
                for name, each in zip(named, content, strict=True)
                for pair in _flat({key: value for key, value in each.items() if key != "name"}, f"{place}.{name}")
            ),
        ]
    return [(place, str(content))]
