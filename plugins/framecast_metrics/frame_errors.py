"""Pixel errors of frames.

Dimensions: B batch, T time, C channels, H W space.
"""

from __future__ import annotations

import math

from torch import Tensor

import framecast

PIXELS = (2, 3, 4)


class FrameMetric(framecast.StreamingMetric):
    """Measures each frame where the mask allows, by the definition of `protocol`.

    Where the value range is bounded, truth and prediction are both clamped to it first, so that a prediction
    cannot lose by values that no picture shows. Without bounds nothing is clamped: a perfect forecast scores
    perfectly wherever the truth lies, and one that stops at the bounds does not. A plain tuple counts as bounded.
    """

    def __init__(self, value_range: tuple[float, float], protocol: str = "framecast") -> None:
        super().__init__()
        self.low, self.high = value_range
        self.protocol = protocol
        self.clamps = getattr(value_range, "bounded", True)

    def measure(self, prediction_BTCHW: Tensor, target_BTCHW: Tensor, mask_BTCHW: Tensor | None) -> Tensor:
        if not self.clamps:
            return self.measure_frames(prediction_BTCHW.clone(), target_BTCHW, mask_BTCHW)
        clamped_BTCHW, truth_BTCHW = (each.clamp(self.low, self.high) for each in (prediction_BTCHW, target_BTCHW))
        return self.measure_frames(clamped_BTCHW, truth_BTCHW, mask_BTCHW)

    def measure_frames(self, prediction_BTCHW: Tensor, target_BTCHW: Tensor, mask_BTCHW: Tensor | None) -> Tensor:
        """(B, T); the prediction is a copy, which may be overwritten."""
        raise NotImplementedError


class PixelError(FrameMetric):
    """An error that protocol `openstl` takes before clamping."""

    def __init__(self, value_range: tuple[float, float], protocol: str = "framecast") -> None:
        super().__init__(value_range, protocol)
        self.clamps = self.clamps and protocol != "openstl"


class MeanSquaredError(PixelError):
    """Squared error of each frame, in squared data units."""

    def measure_frames(self, prediction_BTCHW: Tensor, target_BTCHW: Tensor, mask_BTCHW: Tensor | None) -> Tensor:
        return over_pixels(prediction_BTCHW.sub_(target_BTCHW).square_(), mask_BTCHW, self.protocol)


class RootMeanSquaredError(MeanSquaredError):
    """Root of the squared error, in data units: of each frame, whose mean is the score; by protocol `openstl` one
    root, of the mean over all clips and frames."""

    def __init__(self, value_range: tuple[float, float], protocol: str = "framecast") -> None:
        super().__init__(value_range, protocol)
        if protocol == "openstl":
            self.aggregation = "root_mean_square"

    def measure_frames(self, prediction_BTCHW: Tensor, target_BTCHW: Tensor, mask_BTCHW: Tensor | None) -> Tensor:
        return super().measure_frames(prediction_BTCHW, target_BTCHW, mask_BTCHW).sqrt()


class MeanAbsoluteError(PixelError):
    """Absolute error of each frame, in data units."""

    def measure_frames(self, prediction_BTCHW: Tensor, target_BTCHW: Tensor, mask_BTCHW: Tensor | None) -> Tensor:
        return over_pixels(prediction_BTCHW.sub_(target_BTCHW).abs_(), mask_BTCHW, self.protocol)


def over_pixels(values_BTCHW: Tensor, mask_BTCHW: Tensor | None, protocol: str) -> Tensor:
    """(B, T): the mean where the mask is set, or what the protocol tells instead; not a number for a frame that is
    masked whole."""
    if protocol == "openstl":
        return _sum_over_pixels(values_BTCHW, mask_BTCHW)
    return mean_over_pixels(values_BTCHW, mask_BTCHW) * (1e3 if protocol == "conv-tt-lstm" else 1.0)


def mean_over_pixels(values_BTCHW: Tensor, mask_BTCHW: Tensor | None) -> Tensor:
    """(B, T): the mean where the mask is set; not a number for a frame that is masked whole."""
    if mask_BTCHW is None:
        return values_BTCHW.mean(PIXELS)
    # where, not a product: what is masked may be not a number
    return values_BTCHW.where(mask_BTCHW, 0).sum(PIXELS) / mask_BTCHW.sum(PIXELS)


def _sum_over_pixels(values_BTCHW: Tensor, mask_BTCHW: Tensor | None) -> Tensor:
    if mask_BTCHW is None:
        return values_BTCHW.sum(PIXELS)
    return values_BTCHW.where(mask_BTCHW, 0).sum(PIXELS).where(mask_BTCHW.flatten(2).any(2), math.nan)
