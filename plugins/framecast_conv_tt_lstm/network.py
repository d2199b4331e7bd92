"""The network for video prediction: blocks of recurrent layers with skip connections, frame in, next frame out.

Dimensions: B batch, T time, P predictions, C channels, H W space.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from framecast_conv_tt_lstm.cells import ConvLSTMCell, ConvTTLSTMCell
from framecast_conv_tt_lstm.cost import layer_channels, output_channels
from framecast_conv_tt_lstm.settings import ConvLSTMSettings, ConvTTLSTMSettings


class RecurrentVideoNetwork(nn.Module):
    """Predicts each next frame from the frames before (Su et al. 2020, section 5).

    `cells` are the recurrent layers, first to last, `layers_per_block` of them in each block. The output of
    block b - skip_stride is concatenated to that of block b before what follows it.
    """

    def __init__(
        self,
        cells: Iterable[nn.Module],
        layers_per_block: Sequence[int],
        output: nn.Conv2d,
        skip_stride: int | None = 2,
        output_sigmoid: bool = False,
    ) -> None:
        super().__init__()
        remaining = iter(cells)
        self.blocks = nn.ModuleList(
            nn.ModuleList(next(remaining) for _ in range(layers)) for layers in layers_per_block
        )
        self.output = output
        self.skip_stride = skip_stride
        self.output_sigmoid = output_sigmoid

    @classmethod
    def from_settings(cls, settings: ConvLSTMSettings, image_channels: int) -> RecurrentVideoNetwork:
        """The network that a job's settings describe, for frames of `image_channels`."""
        make_cell: Callable[[int, int], nn.Module]
        if isinstance(settings, ConvTTLSTMSettings):
            chain = (settings.order, settings.steps, settings.rank)
            make_cell = lambda inputs, hidden: ConvTTLSTMCell(inputs, hidden, settings.kernel_size, *chain)  # noqa: E731
        else:
            make_cell = lambda inputs, hidden: ConvLSTMCell(inputs, hidden, settings.kernel_size)  # noqa: E731
        return cls(
            (make_cell(inputs, hidden) for inputs, hidden in layer_channels(settings, image_channels)),
            settings.layers_per_block,
            nn.Conv2d(output_channels(settings), image_channels, 1),
            settings.skip_stride,
            settings.output_sigmoid,
        )

    def forward(
        self,
        frames_BTCHW: Tensor,
        frames_out: int,
        truth_BTCHW: Tensor | None = None,
        keep_truth_BT: Tensor | None = None,
    ) -> Tensor:
        """All next-frame predictions, (B, T_in + frames_out - 1, C, H, W); the last frames_out are the future.

        After the last of `frames` the input is the network's own last output, or the true frame: where
        `keep_truth` (B, frames_out - 1) is set, or everywhere if `truth` (B, frames_out - 1, C, H, W) comes
        alone.
        """
        frames_in = frames_BTCHW.shape[1]
        blocks: Any = self.blocks
        states: list[list[Any]] = [[None] * len(block) for block in blocks]
        predictions: list[Tensor] = []
        for time in range(frames_in + frames_out - 1):
            if time < frames_in:
                input_BCHW = frames_BTCHW[:, time]
            else:
                input_BCHW = _fed_back(predictions[-1], time - frames_in, truth_BTCHW, keep_truth_BT)
            predictions.append(self._step(input_BCHW, states))
        return torch.stack(predictions, 1)

    def _step(self, frame_BCHW: Tensor, states: list[list[Any]]) -> Tensor:
        """One time step through all layers; `states` are replaced in place."""
        passed_BCHW = frame_BCHW
        outputs: list[Tensor] = []
        for number, block in enumerate(self.blocks):
            cells: Any = block
            for layer, cell in enumerate(cells):
                state = states[number][layer] or cell.initial_state(passed_BCHW)
                passed_BCHW, states[number][layer] = cell(passed_BCHW, state)
            outputs.append(passed_BCHW)
            if self.skip_stride and number >= self.skip_stride:
                passed_BCHW = torch.cat([passed_BCHW, outputs[number - self.skip_stride]], 1)
        prediction_BCHW = self.output(passed_BCHW)
        return prediction_BCHW.sigmoid() if self.output_sigmoid else prediction_BCHW


def _fed_back(own_BCHW: Tensor, step: int, truth_BTCHW: Tensor | None, keep_truth_BT: Tensor | None) -> Tensor:
    """The input of a future step: the last output, or the truth where it is kept."""
    if truth_BTCHW is None:
        return own_BCHW
    if keep_truth_BT is None:
        return truth_BTCHW[:, step]
    return torch.where(keep_truth_BT[:, step, None, None, None], truth_BTCHW[:, step], own_BCHW)
