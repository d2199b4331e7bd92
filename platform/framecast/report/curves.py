"""The curves of a run: learning, metrics over the run and over predicted frames, optimizer, time, memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from markupsafe import Markup

from framecast.counting import plural
from framecast.plugin.declarations import Answer
from framecast.plugin.events import StepDone
from framecast.plugin.logged_value import LoggedValue
from framecast.report.chart import Band, Line, Panel, Points, chart
from framecast.report.horizon import Horizon
from framecast.report.palette import MODEL, SCHEDULE, TRAINING, Look, in_words
from framecast.report.record import Record
from framecast.report.step_parts import PARTS, step_parts

_MOST_POINTS = 400
_STRIP = 46
_TALL = 190 + 2 * (_STRIP + 40)


@dataclass(frozen=True)
class Curve:
    """A chart with what to say below it."""

    svg: Markup
    note: str = ""


def learning_curves(record: Record) -> list[Curve]:
    """Losses above the curriculum that made them; then each metric over the run."""
    steps = record.steps
    if not steps:
        return []
    losses = [(event.step, event.loss) for event in steps]
    validation = [
        (event.step, event.metrics["validation/loss"])
        for event in record.evaluations
        if "validation/loss" in event.metrics
    ]
    lines = [
        Line(thinned_out(losses), TRAINING.colour, shape="faint"),
        Line(thinned_out(smoothed(losses)), TRAINING.colour, "training"),
        Line(validation, MODEL.colour, "validation", marked=True),
    ]
    panels = [Panel("loss", lines, log=True)]
    for name in dict.fromkeys(name for event in steps for name in event.logs):
        values = [(event.step, event.logs[name]) for event in steps if name in event.logs]
        panels.append(logged_panel(record.plan.logs.get(name) or LoggedValue(name), values))
    rates = LoggedValue("learning_rate")
    panels.append(logged_panel(rates, [(event.step, event.learning_rate) for event in steps]))
    note = "Training loss of each step, and its running mean; validation is always closed loop."
    return [Curve(chart(panels, "step", _resumed(record)), note), *metric_curves(record)]


def metric_curves(record: Record) -> list[Curve]:
    """Each metric over the run, with the baselines as levels."""
    last = record.steps[-1].step if record.steps else 0
    curves = []
    looks = record.baseline_looks
    for number, score in enumerate(record.scores[1:]):
        points = [
            (event.step, event.metrics[score.key]) for event in record.evaluations if score.key in event.metrics
        ]
        if not points or not last:
            continue
        lines = [Line(points, MODEL.colour, "model", marked=True)]
        for name, event in record.baselines.items():
            if score.key in event.metrics:
                look, level = looks[name], event.metrics[score.key]
                lines.append(Line([(1, level), (last, level)], look.colour, in_words(name), look.shape))
        height = _TALL if not number else 190
        panel = Panel(score.name, lines, height, note=score.note)
        curves.append(Curve(chart([panel], "step", _resumed(record))))
    return curves


def horizon_curves(record: Record, requires: Answer) -> list[Curve]:
    """Each metric of frames over the predicted ones: the scores by lead time; or each metric of
    classes over the observed shares of a clip."""
    if not record.best:
        return []
    looks = {"model": MODEL, **{in_words(name): look for name, look in record.baseline_looks.items()}}
    curves = []
    for score in (each for each in record.scores[1:] if each.requires == requires):
        series = {"model": record.points(score, record.best)}
        series |= {in_words(name): record.points(score, event) for name, event in record.baselines.items()}
        curves += horizon_curve(score.name, score.note, series, looks, record.horizon(requires))
    return curves


def horizon_curve(
    title: str, note: str, series: Mapping[str, Points], looks: Mapping[str, Look], horizon: Horizon
) -> list[Curve]:
    """One chart over a horizon, or none where no series has values."""
    known = {name: points for name, points in series.items() if points}
    lines = [
        Line(points, looks[name].colour, name, looks[name].shape, marked=looks[name].shape == "solid")
        for name, points in known.items()
    ]
    panel = Panel(title, lines, note=note)
    return [Curve(chart([panel], horizon.label, reach=horizon.reach))] if lines else []


def optimizer_curves(record: Record) -> list[Curve]:
    """The gradient's norm before clipping, and in fp16 the loss scale."""
    norms = [(event.step, event.gradient_norm) for event in record.steps if event.gradient_norm is not None]
    scales = [(event.step, event.loss_scale) for event in record.steps if event.loss_scale is not None]
    panels = []
    if norms:
        lines = [
            Line(thinned_out(norms), MODEL.colour, shape="faint"),
            Line(thinned_out(smoothed(norms)), MODEL.colour),
        ]
        panels.append(Panel("gradient norm", lines, log=True))
    if scales:
        panels.append(
            Panel("loss scale", [Line(thinned_out(scales), SCHEDULE.colour, stepped=True)], 80, log=True)
        )
    skipped = sum(event.skipped for event in record.steps)
    note = "Before clipping; the running mean over the single steps."
    note += (
        f" {skipped} of {plural(len(record.steps), 'step')} skipped, because fp16 overflowed." if scales else ""
    )
    return [Curve(chart(panels, "step", _resumed(record)), note)] if panels else []


def time_curves(record: Record) -> list[Curve]:
    """Where the time of a step went, and the memory at its peak."""
    groups = list(grouped(record.steps, 60))
    if not groups:
        return []
    middles = [(group[0].step + group[-1].step) / 2 for group in groups]
    heights = [[0.0, *accumulate(step_parts(group).values())] for group in groups]
    bands = [
        Band([(x, h[at], h[at + 1]) for x, h in zip(middles, heights, strict=True)], colour, name)
        for at, (name, colour) in enumerate(PARTS.items())
    ]
    if len(groups) == 1:
        x, height = middles[0], heights[0]
        bands = [
            Band([(x - 0.5, height[at], height[at + 1]), (x + 0.5, height[at], height[at + 1])], colour, name)
            for at, (name, colour) in enumerate(PARTS.items())
        ]
    memory = [(event.step, event.memory) for event in record.steps]
    where = "device" if record.started and not record.started.device.startswith("cpu") else "process"
    time_panel = Panel("time per step", bands, from_zero=True, note="s")
    memory_panel = Panel(
        "peak memory", [Line(thinned_out(memory), MODEL.colour, stepped=True)], from_zero=True, note="MiB"
    )
    marks = _resumed(record)
    curves = [Curve(chart([time_panel], "step", marks), "Of the first worker; means over neighbouring steps.")]
    if any(value for _, value in memory):
        curves.append(Curve(chart([memory_panel], "step", marks), f"The most the {where} has held so far."))
    return curves


def grouped(steps: Sequence[StepDone], most: int) -> Iterable[Sequence[StepDone]]:
    """Neighbouring steps together, in at most `most` groups of nearly one size."""
    edges = sorted({round(len(steps) * at / most) for at in range(most + 1)})
    return [steps[begin:end] for begin, end in pairwise(edges)]


def smoothed(points: Points) -> list[tuple[float, float]]:
    """A running mean over a twentieth of all points."""
    width = max(1, len(points) // 20)
    sums = [0.0, *accumulate(y for _, y in points)]
    return [
        (x, (sums[at + 1] - sums[max(0, at + 1 - width)]) / min(at + 1, width)) for at, (x, _) in enumerate(points)
    ]


def thinned_out(points: Points) -> Points:
    """At most so many points that a screen can show; of neighbours the lowest and the highest are kept."""
    if len(points) <= _MOST_POINTS:
        return points
    edges = [round(len(points) * at / (_MOST_POINTS // 2)) for at in range(_MOST_POINTS // 2 + 1)]
    kept: list[tuple[float, float]] = []
    for begin, end in pairwise(edges):
        some = points[begin:end]
        kept += sorted({min(some, key=lambda point: point[1]), max(some, key=lambda point: point[1])})
    return kept


def logged_panel(value: LoggedValue, points: Points) -> Panel:
    """A strip with a value over the steps, as its task declares it. The axis begins at 0 where all are above."""
    log = value.scale == "log"
    return Panel(
        value.label or value.name.replace("_", " "),
        [Line(thinned_out(points), SCHEDULE.colour, stepped=True)],
        _STRIP,
        log=log,
        from_zero=not log and not any(y < 0 for _, y in points),
        note=", ".join(filter(None, (value.unit, value.note))),
        reach=(0.0, 1.0) if value.share else (),
    )


def _resumed(record: Record) -> list[tuple[float, str]]:
    return [(attempt.started.step, "resumed") for attempt in record.attempts[1:]]
