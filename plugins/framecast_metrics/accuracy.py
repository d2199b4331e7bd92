"""Accuracy of classifications. Dimensions: B batch, K classes."""

from __future__ import annotations

import math

import torch
from torch import Tensor

import framecast


class Accuracy(framecast.StreamingMetric):
    """The share of samples whose label is the highest logit; among equal logits the lower class comes first."""

    highest = 1

    def __init__(self, value_range: tuple[float, float], protocol: str = "framecast") -> None:
        super().__init__()

    def update(self, prediction: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
        """Takes logits (B, K), labels (B,) int64 and a mask (B,) that is False where no label is known; returns
        1 or 0 for each sample, (B, 1)."""
        known_B1K = None if mask is None else mask.view(-1, 1, 1).expand_as(prediction[:, None])
        return super().update(prediction[:, None], target.view(-1, 1), known_B1K)

    def measure(self, logits_B1K: Tensor, labels_B1: Tensor, mask_B1K: Tensor | None) -> Tensor:
        if mask_B1K is not None:
            labels_B1 = labels_B1.where(mask_B1K[..., 0], 0)  # what is not known may be no class at all
        own_B11 = logits_B1K.gather(2, labels_B1[..., None])
        classes_K = torch.arange(logits_B1K.shape[2], device=logits_B1K.device)
        ahead_B1K = (logits_B1K > own_B11) | ((logits_B1K == own_B11) & (classes_K < labels_B1[..., None]))
        values_B1 = (ahead_B1K.sum(2) < self.highest).to(torch.float32)
        counts_B1 = ~logits_B1K.isnan().any(2)
        return values_B1.where(counts_B1 if mask_B1K is None else counts_B1 & mask_B1K[..., 0], math.nan)


class TopFiveAccuracy(Accuracy):
    """The share of samples whose label is among the five highest logits."""

    highest = 5
