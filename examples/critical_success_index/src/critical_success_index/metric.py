"""Counts of hits over counts of hits, misses and false alarms.

Dimensions: B batch, T time, C channels, H W space.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

import framecast

PIXELS = (2, 3, 4)


class CriticalSuccessIndex:
    """hits / (hits + misses + false alarms), over all pixels of a frame, or of everything (Schaefer 1990).

    Not a StreamingMetric, which takes the mean over clips: a ratio of sums is no mean of ratios. `state` (2, T)
    holds the hits and all events of each frame, which add up.
    """

    def __init__(self, threshold: float) -> None:
        self.threshold = threshold
        self.state: Tensor | None = None

    def update(self, prediction: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
        """The index of each sample and frame, (B, T), from (B, T, C, H, W) where the mask is True.

        Not a number where nothing happened and nothing was forecast.
        """
        known = torch.ones_like(target, dtype=torch.bool) if mask is None else mask
        forecast, observed = (prediction >= self.threshold) & known, (target >= self.threshold) & known
        hits = (forecast & observed).sum(PIXELS, dtype=torch.float64)
        events = (forecast | observed).sum(PIXELS, dtype=torch.float64)
        # what is not a number reaches no threshold, and would pass for a forecast of nothing
        hits[(prediction.isnan() & known).flatten(2).any(2)] = math.nan
        added = torch.stack([hits.sum(0), events.sum(0)]).cpu()
        self.state = added if self.state is None else self.state + added
        return (hits / events).float()

    def compute(self) -> framecast.MetricValue:
        """The index over everything, and over each frame."""
        if self.state is None:
            raise ValueError("compute() before any update(): there is nothing to count")
        hits, events = self.state
        return framecast.MetricValue(float(hits.sum() / events.sum()), (hits / events).tolist())
