"""A layer over one clip by the equations of `cell.py`, one time step after another."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from framecast_conv_tt_lstm.cell import Cell, State
from framecast_conv_tt_lstm.kernels import Kernels

Step = Callable[[Cell, Kernels, Tensor, State], tuple[Tensor, State]]


class ReferenceLayer:
    """A cell over one clip, from zeros, to be called with one segment of the clip after another.

    With `recompute` the backward pass computes each step again: less memory, more time. `step` computes a step of
    a cell: `Cell.step`, or the same compiled.
    """

    def __init__(self, cell: Cell, recompute: bool = False, step: Step = Cell.step) -> None:
        self.cell, self.recompute, self.step = cell, recompute, step
        self.kernels = cell.kernels()  # once for the clip: ZeRO-3 needs as many calls in every process
        self.state: State | None = None

    def __call__(self, inputs_TBIHW: Tensor) -> Tensor:
        """The hidden state after each of the next T steps, (T, B, C, H, W)."""
        outputs = []
        for input_BIHW in inputs_TBIHW:
            state = self.state or self.cell.initial_state(input_BIHW)
            arguments = (self.cell, self.kernels, input_BIHW, state)
            if self.recompute and torch.is_grad_enabled():
                output_BCHW, self.state = checkpoint(self.step, *arguments, use_reentrant=False)
            else:
                output_BCHW, self.state = self.step(*arguments)
            outputs.append(output_BCHW)
        return torch.stack(outputs)
