"""The network for video prediction: blocks of recurrent layers with skip connections, frame in, next frame out.

Dimensions: B batch, T time, C channels, H W space.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

import framecast
from framecast_conv_tt_lstm.cell import Cell, ConvLSTMCell, ConvTTLSTMCell
from framecast_conv_tt_lstm.cost import layer_channels, output_channels
from framecast_conv_tt_lstm.fast.layer import FastLayer
from framecast_conv_tt_lstm.kernels import OutputKernel
from framecast_conv_tt_lstm.reference_layer import ReferenceLayer
from framecast_conv_tt_lstm.settings import ConvLSTMSettings, ConvTTLSTMSettings, Implementation


class RecurrentVideoNetwork(nn.Module):
    """Predicts each next frame from the frames before (Su et al. 2020, section 5).

    `cells` are the recurrent layers, first to last, `layers_per_block` of them in each block. The output of
    block b - skip_stride is concatenated to that of block b before what follows it. With
    `activation_checkpointing` the backward pass computes each layer again instead of keeping its gates: less
    memory, more time. `implementation` chooses between equal computations of a layer, and `compile` compiles the
    reference (see `ConvLSTMSettings`).
    """

    def __init__(
        self,
        cells: Iterable[Cell],
        layers_per_block: Sequence[int],
        output: OutputKernel,
        skip_stride: int | None = 2,
        output_sigmoid: bool = False,
        implementation: Implementation = "auto",
        compile: bool = False,
    ) -> None:
        super().__init__()
        remaining = iter(cells)
        self.blocks = nn.ModuleList(
            nn.ModuleList(next(remaining) for _ in range(layers)) for layers in layers_per_block
        )
        self.output = output
        self.skip_stride = skip_stride
        self.output_sigmoid = output_sigmoid
        self.reference = compile or implementation == "reference"
        self.step = framecast.compiled(Cell.step) if compile else Cell.step
        self.activation_checkpointing = False

    @classmethod
    def from_settings(cls, settings: ConvLSTMSettings, image_channels: int) -> RecurrentVideoNetwork:
        """The network that a job's settings describe, for frames of `image_channels`."""
        return cls(
            (build_cell(settings, inputs, hidden) for inputs, hidden in layer_channels(settings, image_channels)),
            settings.layers_per_block,
            OutputKernel(output_channels(settings), image_channels),
            settings.skip_stride,
            settings.output_sigmoid,
            settings.implementation,
            settings.compile,
        )

    def forward(
        self,
        frames: Tensor,
        frames_out: int,
        *,
        truth: Tensor | None = None,
        keep_truth: Tensor | None = None,
    ) -> Tensor:
        """All next-frame predictions, (B, T_in + frames_out - 1, C, H, W); the last frames_out are the future.

        After the last of `frames` the input is the network's last output, or the frame of `truth`
        (B, frames_out - 1, C, H, W): where `keep_truth` (B, frames_out - 1) is True, or everywhere without
        `keep_truth`. Steps whose inputs are all known beforehand are computed together, layer by layer.
        """
        blocks: Any = self.blocks
        layers = [[self._layer(cell) for cell in block] for block in blocks]
        output = self.output()

        def predict(inputs_TBCHW: Tensor) -> Tensor:
            return self._predict(inputs_TBCHW, layers, output)

        return framecast.closed_loop_in_segments(predict, frames, frames_out, truth=truth, keep_truth=keep_truth)

    def _layer(self, cell: Cell) -> FastLayer | ReferenceLayer:
        """A layer at the beginning of a clip."""
        if self.reference:
            return ReferenceLayer(cell, self.activation_checkpointing, self.step)
        return FastLayer(cell, self.activation_checkpointing)

    def _predict(
        self, inputs_TBCHW: Tensor, layers: list[list[FastLayer | ReferenceLayer]], output: tuple[Tensor, Tensor]
    ) -> Tensor:
        """The next frame after each of some inputs, through one layer after another."""
        passed_TBCHW = inputs_TBCHW
        outputs: list[Tensor] = []
        for block in layers:
            for layer in block:
                passed_TBCHW = layer(passed_TBCHW)
            outputs.append(passed_TBCHW)
            if self.skip_stride and len(outputs) > self.skip_stride:
                both = [each.flatten(0, 1) for each in (passed_TBCHW, outputs[-1 - self.skip_stride])]
                # as one batch: with a time dimension `cat` would not keep channels last
                passed_TBCHW = torch.cat(both, 1).unflatten(0, passed_TBCHW.shape[:2])
        flat = torch.conv2d(passed_TBCHW.flatten(0, 1), *output)
        prediction_TBCHW: Tensor = flat.unflatten(0, passed_TBCHW.shape[:2])
        return prediction_TBCHW.sigmoid() if self.output_sigmoid else prediction_TBCHW


def build_cell(settings: ConvLSTMSettings, inputs: int, hidden: int) -> Cell:
    """One recurrent layer."""
    if not isinstance(settings, ConvTTLSTMSettings):
        return ConvLSTMCell(inputs, hidden, settings.kernel_size, settings.bias)
    return ConvTTLSTMCell(
        inputs,
        hidden,
        settings.kernel_size,
        order=settings.order,
        steps=settings.steps,
        rank=settings.rank,
        window=settings.window,
        bias=settings.bias,
    )
