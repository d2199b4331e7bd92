"""Accuracy of each class, and which classes are taken for which. Dimensions: B batch, S readings, K classes."""

from __future__ import annotations

import math

import torch
from torch import Tensor

import framecast
from framecast_metrics.accuracy import by_reading


class ClassAccuracy:
    """The mean over classes of each one's own accuracy, whatever its number of clips; classes without a clip do
    not count. Among equal logits the lower class is said.

    `state` (S, K, K + 1) counts clips by true and said class; the last column counts logits that are not numbers.
    """

    def __init__(self, value_range: tuple[float, float], protocol: str = "framecast") -> None:
        self.state: Tensor | None = None

    def update(self, prediction: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
        """Takes logits (B, K) or (B, S, K), labels (B,) int64 and a mask (B,) that is False where no label is
        known. A mean over classes has no value for one clip: returns (B, S) that are not numbers."""
        logits_BSK = by_reading(prediction)
        readings, classes = logits_BSK.shape[1:]
        known_B = torch.ones_like(target, dtype=torch.bool) if mask is None else mask
        said_BS = logits_BSK.argmax(2).where(~logits_BSK.isnan().any(2), classes)
        reading_S = torch.arange(readings, device=target.device)
        cell_BS = (reading_S * classes + target[:, None]) * (classes + 1) + said_BS
        cells = readings * classes * (classes + 1)
        counts = torch.bincount(cell_BS[known_B].flatten(), minlength=cells).to("cpu", torch.float64)
        added = counts.view(readings, classes, classes + 1)
        self.state = added if self.state is None else self.state + added
        return torch.full(logits_BSK.shape[:2], math.nan)

    def compute(self) -> framecast.MetricValue:
        """Overall, at each reading, and the confusion counts (S, K, K), true class by said one."""
        if self.state is None:
            raise ValueError("compute() before any update(): there is nothing to average")
        counts_SKK, unread_SK = self.state[..., :-1], self.state[..., -1]
        own_SK = counts_SKK.diagonal(dim1=1, dim2=2) / self.state.sum(2)  # 0 / 0 for a class without a clip
        mean_S = own_SK.nanmean(1).where(unread_SK.sum(1) == 0, math.nan)
        return framecast.MetricValue(float(mean_S.mean()), mean_S.tolist(), confusion=counts_SKK.long())
