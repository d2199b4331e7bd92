"""A metric as the engine uses it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from torch import Tensor

    from framecast.plugin.streaming_metric import MetricValue


@runtime_checkable
class MetricAccumulator(Protocol):
    """Adds up a metric over batches; the result of `Metric.build`. `framecast.StreamingMetric` is the base class
    for metrics whose score is a mean over clips."""

    state: Tensor | None
    """float64, None before the first update. The engine adds the states of all processes before `compute`."""

    def update(self, prediction: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
        """Adds a batch to the state, and returns the value of each sample, (B, ...).

        `prediction` and `target` are frames (B, T, C, H, W), `mask` False where the truth is unknown; or logits
        (B, S, K) with labels (B,).
        """

    def compute(self) -> MetricValue:
        """The score over everything so far."""
