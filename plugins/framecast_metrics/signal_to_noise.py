"""Peak signal-to-noise ratio, and how many frames were too good for one."""

from __future__ import annotations

import torch
from torch import Tensor

import framecast
from framecast_metrics.frame_errors import FrameMetric, mean_over_pixels

IDENTICAL_DB = 100.0


class PeakSignalToNoiseRatio(FrameMetric):
    """10 log10(range^2 / MSE) of each frame, in dB; frames that are identical count as 100 dB.

    A third row of `state` counts those, and so `compute` tells how many they were in all processes.
    """

    def update(self, prediction: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
        before = self.state
        self.state = None if before is None else before[:2]
        values_BT = super().update(prediction, target, mask)
        assert self.state is not None
        identical_T = (values_BT == IDENTICAL_DB).sum(0).to("cpu", torch.float64)
        self.state = torch.vstack([self.state, identical_T if before is None else before[2] + identical_T])
        return values_BT

    def measure_frames(self, prediction_BTCHW: Tensor, target_BTCHW: Tensor, mask_BTCHW: Tensor | None) -> Tensor:
        error_BT = mean_over_pixels(prediction_BTCHW.sub_(target_BTCHW).square_(), mask_BTCHW)
        decibels_BT = 10 * torch.log10((self.high - self.low) ** 2 / error_BT)
        return torch.where(error_BT == 0, IDENTICAL_DB, decibels_BT)

    def compute(self) -> framecast.MetricValue:
        if self.state is None:
            return super().compute()
        sums_T, counts_T, identical_T = self.state
        return framecast.MetricValue(
            float(sums_T.sum() / counts_T.sum()),
            (sums_T / counts_T).tolist(),
            {"identical_frames": int(identical_T.sum())},
        )
