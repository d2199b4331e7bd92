"""Structural similarity (Wang et al., IEEE TIP 2004), the variant of scikit-image's `structural_similarity`."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from framecast_metrics.frame_errors import FrameMetric

WINDOW = 7
K1, K2 = 0.01, 0.03


class StructuralSimilarity(FrameMetric):
    """Mean of the SSIM map over each frame: 7x7 uniform window, sample covariance, borders left out.

    With a mask, a window counts only where it knows every pixel. Raises ValueError for frames smaller than
    the window.
    """

    def measure_clamped(self, prediction_BTCHW: Tensor, target_BTCHW: Tensor, mask_BTCHW: Tensor | None) -> Tensor:
        batch, frames, _, height, width = prediction_BTCHW.shape
        if min(height, width) < WINDOW:
            raise ValueError(f"ssim needs frames of at least {WINDOW}x{WINDOW} pixels, these are {height}x{width}")
        # float64, for variances are small differences of large numbers
        one = prediction_BTCHW.flatten(0, 1).to(torch.float64)
        other = target_BTCHW.flatten(0, 1).to(torch.float64)
        if mask_BTCHW is not None:
            known = mask_BTCHW.flatten(0, 1)
            one, other = one.where(known, 0), other.where(known, 0)
        unbiased = WINDOW**2 / (WINDOW**2 - 1)
        mean_one, mean_other = _blurred(one), _blurred(other)
        variance_one = unbiased * (_blurred(one * one) - mean_one**2)
        variance_other = unbiased * (_blurred(other * other) - mean_other**2)
        covariance = unbiased * (_blurred(one * other) - mean_one * mean_other)
        stable_mean = (K1 * (self.high - self.low)) ** 2
        stable_variance = (K2 * (self.high - self.low)) ** 2
        similarity = ((2 * mean_one * mean_other + stable_mean) * (2 * covariance + stable_variance)) / (
            (mean_one**2 + mean_other**2 + stable_mean) * (variance_one + variance_other + stable_variance)
        )
        if mask_BTCHW is None:
            return similarity.mean((1, 2, 3)).view(batch, frames)
        whole = _blurred(known.to(torch.float64)) > 1 - 0.5 / WINDOW**2
        return ((similarity * whole).sum((1, 2, 3)) / whole.sum((1, 2, 3))).view(batch, frames)


def _blurred(frames_NCHW: Tensor) -> Tensor:
    """The mean over each window that lies within the frame."""
    return avg_pool2d(frames_NCHW, WINDOW, stride=1)
