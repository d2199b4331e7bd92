"""Models without parameters: what a trained model has to beat."""

from __future__ import annotations

from torch import Tensor, nn


class Black(nn.Module):
    """Forecasts zeros."""

    def forward(
        self,
        frames: Tensor,
        frames_out: int,
        *,
        truth: Tensor | None = None,
        keep_truth: Tensor | None = None,
    ) -> Tensor:
        """Zeros, (B, frames_out, C, H, W)."""
        batch, _, *image = frames.shape
        return frames.new_zeros(batch, frames_out, *image)


class LastFrame(nn.Module):
    """Forecasts that nothing moves."""

    def forward(
        self,
        frames: Tensor,
        frames_out: int,
        *,
        truth: Tensor | None = None,
        keep_truth: Tensor | None = None,
    ) -> Tensor:
        """The last of `frames` (B, T, C, H, W), repeated: (B, frames_out, C, H, W)."""
        return frames[:, -1:].expand(-1, frames_out, -1, -1, -1)
