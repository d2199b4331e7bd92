"""From the hidden states of all levels back to a frame.

Dimensions: N batch and time together, C channels, H W space of a frame, h w of a level.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from framecast_recognition_models.settings import ConvLSTMRecognitionSettings


class FrameDecoder(nn.Module):
    """Up from the last level: a transposed convolution to the size of the level before, merged with its state.

    The transposed convolutions have the levels' strides; the last makes the frame.
    """

    def __init__(self, settings: ConvLSTMRecognitionSettings, image_channels: int) -> None:
        super().__init__()
        channels = [image_channels, *settings.hidden_channels]
        self.enlargements = nn.ModuleList(
            nn.ConvTranspose2d(inputs, outputs, stride, stride)
            for outputs, inputs, stride in zip(channels, channels[1:], settings.strides, strict=False)
        )
        self.merges = nn.ModuleList(
            nn.Conv2d(2 * hidden, hidden, settings.kernel_size, padding="same")
            for hidden in settings.hidden_channels[:-1]
        )

    def forward(self, levels: Sequence[Tensor]) -> Tensor:
        """Frames (N, C, H, W) from the state of each level, (N, C, h, w), first to last."""
        passed_NChw = levels[-1]
        for level in reversed(range(len(self.merges))):
            enlarged_NChw = self.enlargements[level + 1](passed_NChw)
            both_NChw = torch.cat([enlarged_NChw, levels[level].to(enlarged_NChw.dtype)], 1)
            passed_NChw = self.merges[level](both_NChw).relu()
        frames_NCHW: Tensor = self.enlargements[0](passed_NChw)
        return frames_NCHW
