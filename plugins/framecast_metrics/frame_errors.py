"""Pixel errors of frames. Predictions are clamped to the value range first.

Dimensions: B batch, T time, C channels, H W space.
"""

from __future__ import annotations

import torch
from torch import Tensor

import framecast

PIXELS = (2, 3, 4)
IDENTICAL_DB = 100.0


class FrameMetric(framecast.StreamingMetric):
    """Clamps predictions, then measures each frame where the mask allows."""

    def __init__(self, value_range: tuple[float, float]) -> None:
        super().__init__()
        self.low, self.high = value_range

    def measure(self, prediction_BTCHW: Tensor, target_BTCHW: Tensor, mask_BTCHW: Tensor | None) -> Tensor:
        return self.measure_clamped(prediction_BTCHW.clamp(self.low, self.high), target_BTCHW, mask_BTCHW)

    def measure_clamped(self, prediction_BTCHW: Tensor, target_BTCHW: Tensor, mask_BTCHW: Tensor | None) -> Tensor:
        raise NotImplementedError


class MeanSquaredError(FrameMetric):
    """Mean squared error over the pixels of each frame, in squared data units."""

    def measure_clamped(self, prediction_BTCHW: Tensor, target_BTCHW: Tensor, mask_BTCHW: Tensor | None) -> Tensor:
        return mean_over_pixels((prediction_BTCHW - target_BTCHW).square(), mask_BTCHW)


class MeanAbsoluteError(FrameMetric):
    """Mean absolute error over the pixels of each frame, in data units."""

    def measure_clamped(self, prediction_BTCHW: Tensor, target_BTCHW: Tensor, mask_BTCHW: Tensor | None) -> Tensor:
        return mean_over_pixels((prediction_BTCHW - target_BTCHW).abs(), mask_BTCHW)


class PeakSignalToNoiseRatio(MeanSquaredError):
    """10 log10(range^2 / MSE) of each frame, in dB; frames that are identical count as 100 dB."""

    def measure_clamped(self, prediction_BTCHW: Tensor, target_BTCHW: Tensor, mask_BTCHW: Tensor | None) -> Tensor:
        error_BT = super().measure_clamped(prediction_BTCHW, target_BTCHW, mask_BTCHW)
        decibels_BT = 10 * torch.log10((self.high - self.low) ** 2 / error_BT)
        return torch.where(error_BT == 0, IDENTICAL_DB, decibels_BT)


def mean_over_pixels(values_BTCHW: Tensor, mask_BTCHW: Tensor | None) -> Tensor:
    """(B, T): the mean where the mask is set; not a number for a frame that is masked whole."""
    if mask_BTCHW is None:
        return values_BTCHW.mean(PIXELS)
    # where, not a product: what is masked may be not a number
    return values_BTCHW.where(mask_BTCHW, 0).sum(PIXELS) / mask_BTCHW.sum(PIXELS)
