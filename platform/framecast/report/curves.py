"""The report's curves, as SVG."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from framecast.runs.events import Evaluated, Event, StepDone
from framecast.runs.status import model_evaluations

_BLUE, _ORANGE, _GREYS = "#3b6ea8", "#d9802e", ("#555555", "#999999", "#bbbbbb")


def loss_curves(events: Sequence[Event]) -> str | None:
    """Training loss by step, smoothed over the raw one, and validation loss."""
    steps = [event for event in events if isinstance(event, StepDone)]
    evaluations = model_evaluations(list(events))
    if not steps:
        return None
    figure, axes = _axes("step", "loss (mean L1 + squared error)")
    x, y = np.array([event.step for event in steps]), np.array([event.loss for event in steps])
    axes.plot(x, y, color=_BLUE, alpha=0.25, linewidth=0.8)
    axes.plot(x, _smoothed(y), color=_BLUE, label="training (smoothed)")
    if evaluations:
        points = [(event.step, event.metrics["validation/loss"]) for event in evaluations]
        axes.plot(
            *zip(*points, strict=True),
            color=_ORANGE,
            marker="o",
            markersize=3,
            label="validation, closed loop",
        )
    axes.set_yscale("log")
    axes.legend(frameon=False)
    return _svg(figure)


def metric_curve(events: Sequence[Event], name: str) -> str | None:
    """One metric over the run, with the baselines as lines."""
    points = [
        (event.step, event.metrics[name]) for event in model_evaluations(list(events)) if name in event.metrics
    ]
    if not points:
        return None
    figure, axes = _axes("step", name)
    axes.plot(*zip(*points, strict=True), color=_BLUE, marker="o", markersize=3, label="model")
    for grey, event in zip(_GREYS, _baselines(events), strict=False):
        axes.axhline(event.metrics[name], color=grey, linestyle="--", label=event.name.replace("_", " "))
    axes.legend(frameon=False)
    return _svg(figure)


def horizon_curve(events: Sequence[Event], best: Evaluated, name: str) -> str:
    """One metric over the predicted frames: how fast a forecast goes bad."""
    figure, axes = _axes("predicted frame", name)
    values = best.per_frame[name]
    axes.plot(range(1, len(values) + 1), values, color=_BLUE, marker="o", markersize=3, label="model")
    for grey, event in zip(_GREYS, _baselines(events), strict=False):
        axes.plot(
            range(1, len(values) + 1),
            event.per_frame[name],
            color=grey,
            linestyle="--",
            label=event.name.replace("_", " "),
        )
    axes.legend(frameon=False)
    return _svg(figure)


def _baselines(events: Sequence[Event]) -> list[Evaluated]:
    found = {event.name: event for event in events if isinstance(event, Evaluated) and event.name != "model"}
    return list(found.values())


def _smoothed(values: np.ndarray) -> np.ndarray:
    """A running mean over a twentieth of the run."""
    width = max(1, len(values) // 20)
    sums = np.cumsum(np.insert(values, 0, 0.0))
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(0, ends - width)
    return (sums[ends] - sums[starts]) / (ends - starts)


def _axes(x_label: str, y_label: str) -> tuple[Figure, Any]:
    figure = Figure(figsize=(5.6, 3.2), layout="constrained")
    axes = figure.subplots()
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25)
    return figure, axes


def _svg(figure: Figure) -> str:
    stream = io.StringIO()
    figure.savefig(stream, format="svg", metadata={"Date": None})
    text = stream.getvalue()
    return text[text.index("<svg") :]
