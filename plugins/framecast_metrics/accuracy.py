"""Accuracy of classifications. Dimensions: B batch, S readings of a clip, K classes."""

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
        """Takes logits (B, K), or (B, S, K) of several readings, labels (B,) int64 and a mask (B,) that is False
        where no label is known; returns 1 or 0 for each sample and reading, (B, S)."""
        logits_BSK = by_reading(prediction)
        known_BSK = None if mask is None else mask.view(-1, 1, 1).expand_as(logits_BSK)
        return super().update(logits_BSK, target.view(-1, 1).expand(logits_BSK.shape[:2]), known_BSK)

    def measure(self, logits_BSK: Tensor, labels_BS: Tensor, mask_BSK: Tensor | None) -> Tensor:
        if mask_BSK is not None:
            labels_BS = labels_BS.where(mask_BSK[..., 0], 0)  # what is not known may be no class at all
        own_BS1 = logits_BSK.gather(2, labels_BS[..., None])
        classes_K = torch.arange(logits_BSK.shape[2], device=logits_BSK.device)
        ahead_BSK = (logits_BSK > own_BS1) | ((logits_BSK == own_BS1) & (classes_K < labels_BS[..., None]))
        values_BS = (ahead_BSK.sum(2) < self.highest).to(torch.float32)
        counts_BS = ~logits_BSK.isnan().any(2)
        return values_BS.where(counts_BS if mask_BSK is None else counts_BS & mask_BSK[..., 0], math.nan)


class TopFiveAccuracy(Accuracy):
    """The share of samples whose label is among the five highest logits."""

    highest = 5


def by_reading(logits: Tensor) -> Tensor:
    """(B, S, K), of one reading where it was (B, K)."""
    return logits if logits.dim() == 3 else logits[:, None]
