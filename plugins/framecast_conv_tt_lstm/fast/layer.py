"""A layer over one clip, many time steps at once."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from framecast_conv_tt_lstm.cell import Cell
from framecast_conv_tt_lstm.fast.convolution import frames
from framecast_conv_tt_lstm.fast.layer_pass import LayerPass
from framecast_conv_tt_lstm.fast.scan import ScanState, scan


class FastLayer:
    """A cell over one clip, from zeros or from a `state`, to be called with one segment of the clip after another.

    With `recompute` a segment's gates are computed again in the backward pass: less memory, more time.
    """

    def __init__(self, cell: Cell, recompute: bool = False, state: ScanState | None = None) -> None:
        self.cell, self.recompute, self.state = cell, recompute, state
        self.layer_pass = LayerPass(cell.kernels(), cell.windows, eager=recompute)
        self.anchor = self.layer_pass.anchor

    def __call__(self, inputs_TBIHW: Tensor) -> Tensor:
        """The hidden state after each of the next T steps, (T, B, C, H, W)."""
        dtype = self.layer_pass.kernels.input.dtype
        inputs_TBIHW = inputs_TBIHW.to(dtype)
        state = (self.state or initial_state(self.cell, inputs_TBIHW[0])).cast(dtype)
        segment = (self.layer_pass, self.anchor, inputs_TBIHW, state)
        outputs_TBCHW: Tensor
        if self.recompute and torch.is_grad_enabled():
            outputs_TBCHW, self.state, self.anchor = checkpoint(scan, *segment, use_reentrant=False)
        else:
            outputs_TBCHW, self.state, self.anchor = scan(*segment)
        return outputs_TBCHW


def initial_state(cell: Cell, input_BIHW: Tensor) -> ScanState:
    """Zeros for inputs of this shape and number format, channels last."""
    hidden_BCHW = frames(1, input_BIHW, cell.hidden_channels)[0].zero_()
    cell_BCHW = torch.zeros_like(hidden_BCHW, dtype=torch.promote_types(hidden_BCHW.dtype, torch.float32))
    if cell.windows is None:
        return ScanState(hidden_BCHW, cell_BCHW)
    partial_NBQHW = frames(cell.windows.steps - 1, input_BIHW, cell.windows.channels).zero_()
    return ScanState(hidden_BCHW, cell_BCHW, partial_NBQHW)
