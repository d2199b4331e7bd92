"""Evaluation during training: the whole validation split, closed loop, exact over processes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from framecast.engine.batches import Batches
from framecast.engine.outputs import EvaluationOutputs
from framecast.engine.world import World
from framecast.job.plan import Plan

SHOWN = 4
"""Clips kept from each evaluation for the report."""


@dataclass(frozen=True)
class Scores:
    """What came of one evaluation, by `validation/metric`; `shown` holds a few clips on the first process."""

    metrics: dict[str, float]
    per_frame: dict[str, list[float]]
    samples: int
    shown: dict[str, np.ndarray] | None


def evaluate(
    model: Callable[..., Any],
    task: Any,
    plan: Plan,
    batches: Batches,
    world: World,
    autocast: Callable[[], AbstractContextManager[Any]] = nullcontext,
) -> Scores:
    """Scores `model` on every clip of `batches` with the plan's metrics and the task's own loss."""
    value_range = plan.value_range
    metrics = {part.name: part.declaration.build(part.settings, value_range) for part in plan.metrics}
    needs = {part.name: part.declaration.needs for part in plan.metrics}
    loss = torch.zeros(2, dtype=torch.float64)  # sum over samples, samples
    shown = None
    with torch.no_grad():
        for part in batches.evaluation():
            with autocast():
                outputs: EvaluationOutputs = task.evaluation_step(model, part.batch)
            for name, metric in metrics.items():
                compared = outputs.compared[needs[name]]
                mask = None if compared.mask is None else compared.mask[: part.size]
                metric.update(compared.prediction[: part.size].float(), compared.target[: part.size].float(), mask)
            counted = outputs.loss[: part.size].to("cpu", torch.float64)
            loss += torch.stack([counted.sum(), torch.tensor(float(part.size), dtype=torch.float64)])
            if shown is None and world.first:
                shown = _pictures(outputs, value_range)
    for metric in metrics.values():
        metric.state = world.sum(metric.state)
    total, samples = world.sum(loss).tolist()
    values = {name: metric.compute() for name, metric in metrics.items()}
    return Scores(
        metrics={
            "validation/loss": total / samples,
            **{f"validation/{name}": value.overall for name, value in values.items()},
        },
        per_frame={f"validation/{name}": value.per_frame for name, value in values.items()},
        samples=int(samples),
        shown=shown,
    )


def _pictures(outputs: EvaluationOutputs, value_range: tuple[float, float]) -> dict[str, np.ndarray] | None:
    """The first clips as uint8 pictures (B, T, C, H, W): context, target and prediction."""
    frames = outputs.compared.get("frames")
    if frames is None or outputs.context is None:
        return None
    low, high = value_range
    clips: dict[str, Tensor] = {
        "context": outputs.context,
        "target": frames.target,
        "prediction": frames.prediction,
    }
    return {
        name: ((clip[:SHOWN].float() - low) / (high - low)).clamp(0, 1).mul(255).round().byte().cpu().numpy()
        for name, clip in clips.items()
    }
