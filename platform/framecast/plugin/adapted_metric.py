"""A metric that does not derive from StreamingMetric, as one."""

from __future__ import annotations

from torch import Tensor

from framecast.plugin.protocols.metric_accumulator import MetricAccumulator
from framecast.plugin.streaming_metric import MetricValue, StreamingMetric


class AdaptedMetric(StreamingMetric):
    """Passes everything on to `metric`, whose score may be something else than a mean over clips.

    `metric` may have an `aggregation`, see StreamingMetric; without one it counts as a mean.
    """

    def __init__(self, metric: MetricAccumulator) -> None:
        self.metric = metric
        self.aggregation = getattr(metric, "aggregation", "mean")

    @property
    def state(self) -> Tensor | None:
        return self.metric.state

    @state.setter
    def state(self, state: Tensor | None) -> None:
        self.metric.state = state

    def update(self, prediction: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
        return self.metric.update(prediction, target, mask)

    def compute(self) -> MetricValue:
        return self.metric.compute()
