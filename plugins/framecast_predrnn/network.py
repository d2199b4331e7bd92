"""PredRNN for video prediction: frame in, next frame out.

Dimensions: B batch, T time, C channels, H W space; X, Y space in patches, D channels of a patch.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import pixel_shuffle, pixel_unshuffle

import framecast
from framecast_predrnn.cell import SpatioTemporalLSTMCell
from framecast_predrnn.settings import PredRNNSettings


class State(NamedTuple):
    """What the network remembers from one time step to the next."""

    hiddens: tuple[Tensor, ...]
    """The hidden state of each layer, (B, C, X, Y)."""

    cells: tuple[Tensor, ...]
    """The temporal memory of each layer, (B, C, X, Y)."""

    memory: Tensor
    """The spatio-temporal memory, (B, M, X, Y)."""


class PredRNN(nn.Module):
    """Predicts each next frame from the frames before (Wang et al., NeurIPS 2017, the spatiotemporal memory flow).

    The memory of a time step climbs through the layers, and what leaves the top layer enters the bottom one at the
    next step: the zig-zag. Raises InputError where patches do not fit the frame.
    """

    def __init__(self, settings: PredRNNSettings, sample: framecast.SampleShape) -> None:
        super().__init__()
        self.patch, self.memory_channels = settings.patch(sample), settings.memory
        self.hidden_channels = hidden = settings.hidden_channels
        pixels = sample.channels * self.patch**2
        self.layers = nn.ModuleList(
            SpatioTemporalLSTMCell(below, here, settings.memory, settings.kernel_size, settings.layer_norm)
            for below, here in zip([pixels, *hidden], hidden, strict=False)
        )
        self.output = nn.Conv2d(hidden[-1], pixels, 1)
        self._step = framecast.compiled(PredRNN._next_frame) if settings.compile else PredRNN._next_frame

    def forward(
        self,
        frames: Tensor,
        frames_out: int,
        *,
        truth: Tensor | None = None,
        keep_truth: Tensor | None = None,
    ) -> Tensor:
        """All next-frame predictions, (B, T_in + frames_out - 1, C, H, W); the last frames_out are the future.

        After the last of `frames` the input is the network's own last output, or the true frame: where
        `keep_truth` (B, frames_out - 1) is set, or everywhere if `truth` (B, frames_out - 1, C, H, W) comes alone.
        """
        frames_BTDXY = pixel_unshuffle(frames, self.patch)
        truth_BTDXY = None if truth is None else pixel_unshuffle(truth, self.patch)
        state = self._initial_state(frames_BTDXY)

        def step(frame_BDXY: Tensor) -> Tensor:
            nonlocal state
            following_BDXY, state = self._step(self, frame_BDXY, state)
            return following_BDXY

        predictions_BTDXY = framecast.closed_loop(
            step, frames_BTDXY, frames_out, truth=truth_BTDXY, keep_truth=keep_truth
        )
        return pixel_shuffle(predictions_BTDXY, self.patch)

    def _next_frame(self, frame_BDXY: Tensor, state: State) -> tuple[Tensor, State]:
        """The frame after one, (B, D, X, Y), and the new state."""
        hiddens, cells = list(state.hiddens), list(state.cells)
        memory_BMXY, passed_BDXY = state.memory, frame_BDXY
        for level, layer in enumerate(self.layers):
            hiddens[level], cells[level], memory_BMXY = layer(
                passed_BDXY, hiddens[level], cells[level], memory_BMXY
            )
            passed_BDXY = hiddens[level]
        return self.output(passed_BDXY), State(tuple(hiddens), tuple(cells), memory_BMXY)

    def _initial_state(self, patches_BTDXY: Tensor) -> State:
        """Zeros: memories of which nothing is known yet, in fp32 at least."""
        batch, _, _, *space = patches_BTDXY.shape
        dtype = torch.promote_types(patches_BTDXY.dtype, torch.float32)

        def zeros(channels: int) -> Tensor:
            return patches_BTDXY.new_zeros(batch, channels, *space, dtype=dtype)

        cells = tuple(zeros(channels) for channels in self.hidden_channels)
        return State(cells, cells, zeros(self.memory_channels))
