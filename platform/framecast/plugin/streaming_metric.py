"""A metric over batches in constant memory, exact over any number of processes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

import torch
from torch import Tensor

Aggregation = Literal["mean", "root_mean_square"]


class MetricValue(NamedTuple):
    """A metric over everything it was updated with: overall, and for each frame, or for each reading of a class;
    `counts` of what is worth knowing beside it, such as identical frames; `confusion` (S, K, K) int64, how many
    clips of each class were taken for each, at each reading."""

    overall: float
    per_frame: list[float]
    counts: Mapping[str, int] = MappingProxyType({})
    confusion: Tensor | None = None


class StreamingMetric:
    """Adds up `measure` over batches, per frame, in float64.

        class MeanSquaredError(framecast.StreamingMetric):
            def measure(self, prediction, target, mask):      # each (B, T, C, H, W)
                return ((prediction - target) ** 2).mean((2, 3, 4))

    `state` (2, T) holds sums and counts; the engine adds the states of all processes before `compute`.
    `aggregation` says how the values of clips and frames become one score: their mean, or the root of the mean of
    their squares, which is one root over everything.
    """

    aggregation: Aggregation = "mean"

    def __init__(self) -> None:
        self.state: Tensor | None = None

    def measure(self, prediction: Tensor, target: Tensor, mask: Tensor | None) -> Tensor:
        """The value of each sample and frame, (B, T); not a number where there is nothing to measure."""
        raise NotImplementedError

    def update(self, prediction: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
        """Measures a batch, adds it to the state, and returns the per-sample values (B, T)."""
        values = self.measure(prediction, target, mask)
        counted = ~values.isnan()
        if not counted.all():  # a model's own NaN is no reason to look away
            spoiled = prediction.isnan() if mask is None else prediction.isnan() & mask
            counted |= spoiled.flatten(2).any(2)
        added_up = values.double().square() if self.aggregation == "root_mean_square" else values
        added = torch.stack([added_up.where(counted, 0.0).sum(0), counted.sum(0)]).to("cpu", torch.float64)
        self.state = added if self.state is None else self.state + added
        return values

    def compute(self) -> MetricValue:
        """The score over everything, and of each frame."""
        if self.state is None:
            raise ValueError("compute() before any update(): there is nothing to average")
        sums, counts = self.state
        overall, per_frame = sums.sum() / counts.sum(), sums / counts
        if self.aggregation == "root_mean_square":
            overall, per_frame = overall.sqrt(), per_frame.sqrt()
        return MetricValue(float(overall), per_frame.tolist())
