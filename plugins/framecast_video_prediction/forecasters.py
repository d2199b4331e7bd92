"""Models without parameters: what a trained model has to beat."""

from __future__ import annotations

from torch import Tensor, nn


class Black(nn.Module):
    """Forecasts zeros."""

    def forward(self, frames_BTCHW: Tensor, frames_out: int, *truth: Tensor | None) -> Tensor:
        batch, _, *image = frames_BTCHW.shape
        return frames_BTCHW.new_zeros(batch, frames_out, *image)


class LastFrame(nn.Module):
    """Forecasts that nothing moves."""

    def forward(self, frames_BTCHW: Tensor, frames_out: int, *truth: Tensor | None) -> Tensor:
        return frames_BTCHW[:, -1:].expand(-1, frames_out, -1, -1, -1)
