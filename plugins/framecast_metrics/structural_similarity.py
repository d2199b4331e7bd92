"""Structural similarity (Wang et al., IEEE TIP 2004), the variant of scikit-image's `structural_similarity`."""

from __future__ import annotations

import torch
from torch import Tensor

from framecast_metrics.frame_errors import FrameMetric
from framecast_metrics.sizes import SSIM_WINDOW as WINDOW

K1, K2 = 0.01, 0.03
AT_ONCE_CPU, AT_ONCE = 2**17, 2**24  # pixels: what stays in a CPU's cache, and what keeps a GPU busy


class StructuralSimilarity(FrameMetric):
    """Mean of the SSIM map over each frame: 7x7 uniform window, sample covariance, borders left out.

    With a mask, a window counts only where it knows every pixel. Raises ValueError for frames smaller than
    the window.
    """

    def measure_frames(self, prediction_BTCHW: Tensor, target_BTCHW: Tensor, mask_BTCHW: Tensor | None) -> Tensor:
        batch, frames, channels, height, width = prediction_BTCHW.shape
        if min(height, width) < WINDOW:
            raise ValueError(f"ssim needs frames of at least {WINDOW}x{WINDOW} pixels, these are {height}x{width}")
        pixels = AT_ONCE_CPU if prediction_BTCHW.device.type == "cpu" else AT_ONCE
        size = max(1, pixels // (channels * height * width))
        given = [each for each in (prediction_BTCHW, target_BTCHW, mask_BTCHW) if each is not None]
        pieces = zip(*(each.flatten(0, 1).split(size) for each in given), strict=True)
        return torch.cat([self._similarity(*piece) for piece in pieces]).view(batch, frames)

    def _similarity(self, one_NCHW: Tensor, other_NCHW: Tensor, known_NCHW: Tensor | None = None) -> Tensor:
        """(N,)"""
        mean_one, mean_other, squares, differences = self._moments(one_NCHW, other_NCHW, known_NCHW)
        unbiased = WINDOW**2 / (WINDOW**2 - 1)
        squares_of_means = mean_one.square().addcmul_(mean_other, mean_other)
        squared_shift = (mean_one - mean_other).square_()
        # max with 0, for far beyond the value range rounding may leave a constant window less than nothing
        variances = squares.sub_(squares_of_means).mul_(unbiased).clamp_(min=0)
        variance_of_difference = differences.sub_(squared_shift).mul_(unbiased)
        # of the frames as they were: (a + d)^2 + (b + d)^2 = a^2 + b^2 + 2d(a + b) + 2d^2
        middle = (self.low + self.high) / 2 / (self.high - self.low)
        shifted = mean_one.add_(mean_other).mul_(2 * middle).add_(2 * middle**2)
        data_range = 1.0 if self.protocol == "framecast" else 2.0
        stable_mean, stable_variance = (K1 * data_range) ** 2, (K2 * data_range) ** 2
        # 2ab = a^2 + b^2 - (a - b)^2, and the like of covariances: identical frames score exactly 1
        luminance = squared_shift.div_(squares_of_means.add_(shifted).add_(stable_mean)).neg_().add_(1)
        structure = variance_of_difference.div_(variances.add_(stable_variance)).neg_().add_(1)
        similarity: Tensor = luminance.mul_(structure)
        if known_NCHW is None:
            return similarity.mean((1, 2, 3))
        whole = _window_sums(known_NCHW.to(torch.float64)) == WINDOW**2
        return similarity.where(whole, 0).sum((1, 2, 3)) / whole.sum((1, 2, 3))

    def _moments(self, one_NCHW: Tensor, other_NCHW: Tensor, known_NCHW: Tensor | None) -> Tensor:
        """(4, N, C, H - 6, W - 6): over each window the mean of one, of the other, of the sum of their squares and
        of their squared difference; the value range is taken to [-1/2, 1/2].

        In float64, for variances are small differences of large numbers.
        """
        moments = one_NCHW.new_empty(4, *one_NCHW.shape, dtype=torch.float64)
        one, other, squares, differences = moments
        for frames, given in ((one, one_NCHW), (other, other_NCHW)):
            frames.copy_(given).sub_((self.low + self.high) / 2).div_(self.high - self.low)
            if known_NCHW is not None:
                frames.masked_fill_(~known_NCHW, 0)
        torch.mul(one, one, out=squares).addcmul_(other, other)
        torch.sub(one, other, out=differences).square_()
        return _window_sums(moments).div_(WINDOW**2)


def _window_sums(values: Tensor) -> Tensor:
    """The sum over each window that lies within the frame (..., H, W)."""
    return _sums_of_seven(_sums_of_seven(values, -1), -2)


def _sums_of_seven(values: Tensor, dimension: int) -> Tensor:
    """Of each seven neighbours, by four additions: 1 + 1, 2 + 2, and 4 + 2 + 1."""
    size = values.shape[dimension] - WINDOW + 1
    pairs = values.narrow(dimension, 0, size + 5) + values.narrow(dimension, 1, size + 5)
    fours = pairs.narrow(dimension, 0, size) + pairs.narrow(dimension, 2, size)
    return fours.add_(pairs.narrow(dimension, 4, size)).add_(values.narrow(dimension, 6, size))
