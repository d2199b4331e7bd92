"""Evaluation: every clip of a split once, closed loop, exact over processes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from framecast.engine.data_loading.batches import Batches
from framecast.engine.distributed_context import DistributedContext
from framecast.engine.evaluation.first_clips import FirstClips
from framecast.engine.evaluation.shown_clips import ShownClips
from framecast.engine.evaluation.shown_mistakes import ShownMistakes
from framecast.errors import InputError
from framecast.job.plan import Plan
from framecast.plugin.outputs import EvaluationOutputs, PredictionTarget
from framecast.plugin.protocols.training_task import TrainingTask


@dataclass(frozen=True)
class Scores:
    """What came of one evaluation, by `split/metric`; `confusion` (S, K, K) of the metric that counts it; `shown`
    holds that and a few clips on the first process, as arrays for its report; `aggregations` says how values of
    clips make up each score (see StreamingMetric)."""

    metrics: dict[str, float]
    per_frame: dict[str, list[float]]
    samples: int
    shown: dict[str, np.ndarray]
    counts: dict[str, dict[str, int]]
    confusion: np.ndarray | None
    aggregations: dict[str, str]


Observer = Callable[[Sequence[int], dict[str, Tensor], Mapping[str, str]], None]
"""Takes, for each batch of a process, the positions of its samples, their values (B, T) by metric, and how each
metric aggregates them."""


def evaluate(
    model: nn.Module,
    task: TrainingTask,
    plan: Plan,
    batches: Batches,
    distributed: DistributedContext,
    autocast: Callable[[], AbstractContextManager[object]] = nullcontext,
    split: str = "validation",
    observe: Observer | None = None,
) -> Scores:
    """Scores `model` on every clip of `batches` with the plan's metrics and the task's own loss."""
    value_range = plan.value_range
    metrics = {part.name: part.build(value_range) for part in plan.metrics}
    aggregations: dict[str, str] = {name: metric.aggregation for name, metric in metrics.items()}
    needs = {part.name: part.declaration.requires for part in plan.metrics}
    loss = torch.zeros(2, dtype=torch.float64)  # sum over samples, samples
    colours = plan.data.declaration.colours
    shown = ShownClips(value_range, colours), FirstClips(value_range, colours), ShownMistakes(value_range)
    with torch.no_grad():
        for part in batches.evaluation():
            with autocast():
                outputs = task.evaluation_step(model, part.batch)
            values: dict[str, Tensor] = {}
            for name, metric in metrics.items():
                compared = _compared(outputs, name, needs[name])
                mask = None if compared.mask is None else compared.mask[: part.size]
                values[name] = metric.update(
                    compared.prediction[: part.size].float(), compared.target[: part.size], mask
                )
            counted = outputs.loss[: part.size].to("cpu", torch.float64)
            loss += torch.stack([counted.sum(), torch.tensor(float(part.size), dtype=torch.float64)])
            if distributed.is_rank_zero:
                for each in shown:
                    each.see(outputs, part.size)
            if observe:
                observe(part.positions, {"loss": counted[:, None], **values}, aggregations)
    for metric in metrics.values():
        assert metric.state is not None, "every process evaluates a batch, which may be filler"
        metric.state = distributed.sum(metric.state)
    total, samples = distributed.sum(loss).tolist()
    computed = {name: metric.compute() for name, metric in metrics.items()}
    confusion = next((value.confusion.numpy() for value in computed.values() if value.confusion is not None), None)
    arrays = {name: array for each in shown for name, array in each.arrays().items()}
    return Scores(
        metrics={
            f"{split}/loss": total / samples,
            **{f"{split}/{name}": value.overall for name, value in computed.items()},
        },
        per_frame={f"{split}/{name}": value.per_frame for name, value in computed.items()},
        samples=int(samples),
        shown=arrays if confusion is None else {**arrays, "confusion": confusion},
        counts={f"{split}/{name}": dict(value.counts) for name, value in computed.items() if value.counts},
        confusion=confusion,
        aggregations={f"{split}/{name}": how for name, how in aggregations.items()},
    )


def _compared(outputs: EvaluationOutputs, metric: str, needs: str) -> PredictionTarget:
    if needs not in outputs.compared:
        raise InputError(f"metrics: {metric} scores {needs}, of which this task compares none: leave it out")
    return outputs.compared[needs]
