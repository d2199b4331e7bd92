"""Convolutional gated recurrent units, in layers.

Dimensions: B batch, T time, C channels, H W space.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

import framecast


class ConvGRUCell(nn.Module):
    """One layer and one step (Ballas et al. 2016, section 3.1), * the convolution:

    z = sigmoid(W_z * x + U_z * h)          r = sigmoid(W_r * x + U_r * h)
    c = tanh(W * x + U * (r h))             h' = (1 - z) h + z c
    """

    def __init__(self, channels: int, hidden: int, kernel_size: int) -> None:
        super().__init__()
        self.hidden = hidden
        self.gates = nn.Conv2d(channels + hidden, 2 * hidden, kernel_size, padding="same")
        self.candidate = nn.Conv2d(channels + hidden, hidden, kernel_size, padding="same")

    def forward(self, x: Tensor, h: Tensor | None) -> Tensor:
        """From input (B, C, H, W) and state (B, hidden, H, W), None at first, to the next state."""
        if h is None:
            h = x.new_zeros(x.shape[0], self.hidden, *x.shape[2:])
        z, r = self.gates(torch.cat([x, h], 1)).sigmoid().chunk(2, 1)
        c = self.candidate(torch.cat([x, r * h], 1)).tanh()
        following: Tensor = (1 - z) * h + z * c
        return following


class ConvGRU(nn.Module):
    """Cells upon each other; a 1x1 convolution makes the next frame of the last one's state."""

    def __init__(self, channels: int, hidden: Sequence[int], kernel_size: int) -> None:
        super().__init__()
        inputs = [channels, *hidden]
        self.cells = nn.ModuleList(ConvGRUCell(*each, kernel_size) for each in zip(inputs, hidden, strict=False))
        self.readout = nn.Conv2d(hidden[-1], channels, 1)

    def forward(
        self,
        frames: Tensor,
        frames_out: int,
        *,
        truth: Tensor | None = None,
        keep_truth: Tensor | None = None,
    ) -> Tensor:
        """All next frames: from (B, T, C, H, W) to (B, T + frames_out - 1, C, H, W).

        After the seen frames the input is the last prediction, or the frame of `truth`
        (B, frames_out - 1, C, H, W): where `keep_truth` (B, frames_out - 1) is True, or everywhere
        without `keep_truth`.
        """
        states: list[Tensor | None] = [None] * len(self.cells)

        def step(frame: Tensor) -> Tensor:
            """The frame after one, (B, C, H, W)."""
            x = frame
            for layer, cell in enumerate(self.cells):
                states[layer] = x = cell(x, states[layer])
            following: Tensor = self.readout(x)
            return following

        return framecast.closed_loop(step, frames, frames_out, truth=truth, keep_truth=keep_truth)
