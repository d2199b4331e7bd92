"""What a layer computes pixel by pixel between its convolutions, and the choice of what computes it.

Dimensions: T time, B batch, C hidden channels, G = 4C gates in the order i, f, o, g, R rank of one core,
Q channels of all cores, U rows of all window kernels, N steps, H W space; `d_` is a gradient of the loss. All
tensors are channels last, in the gates' number format; cell states and their gradients are in float32 or wider.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

import framecast
from framecast_conv_tt_lstm.fast import eager_pointwise
from framecast_conv_tt_lstm.windows import Windows

_TRITON_FORMATS = (torch.float32, torch.float16, torch.bfloat16)


class Pointwise(Protocol):
    """The steps of a layer that are no convolutions, as a module's functions: `eager_pointwise`,
    `triton_pointwise`."""

    def update(
        self,
        gates_BGHW: Tensor,
        signal_BGHW: Tensor,
        cell_BCHW: Tensor,
        new_cell_BCHW: Tensor,
        new_hidden_BCHW: Tensor,
    ) -> None:
        """Adds the signal's part to the gates, activates them in place, and fills in the new states."""

    def update_backward(
        self,
        gates_BGHW: Tensor,
        cell_BCHW: Tensor,
        new_cell_BCHW: Tensor,
        d_hidden_BCHW: Tensor | None,
        d_output_BCHW: Tensor | None,
        d_new_cell_BCHW: Tensor | None,
        d_gates_BGHW: Tensor,
    ) -> Tensor:
        """From the gradients of h' and c' to those of the gates before activation, filled in, and of c, returned.

        The gradient of h' is that through the next step and that of the output, added; None is zero.
        """

    def begin_sums(self, sums_TBQHW: Tensor, partial_NBQHW: Tensor, bias_Q: Tensor | None) -> None:
        """Fills `sums`, (T + N - 1, B, Q, H, W): the partial sums of the first N - 1 steps, zeros, and the bias in
        all but the last N - 1."""

    def add_seen(
        self, sums_TBQHW: Tensor, seen_BUHW: Tensor, t: int, windows: Windows, value_BRHW: Tensor
    ) -> None:
        """Adds what the cores see of the newest hidden state to the sums of step t and those after it, and fills
        in the first core's value at step t."""

    def add_value(
        self, sums_TBQHW: Tensor, convolved_BRHW: Tensor, t: int, windows: Windows, core: int, value_BRHW: Tensor
    ) -> None:
        """Fills in a later core's value at step t: its sums, and the convolved value of the core before."""

    def spread(
        self, d_sums_TBQHW: Tensor, d_seen_TBUHW: Tensor, d_values: Sequence[Tensor], t: int, windows: Windows
    ) -> None:
        """Fills in the gradients of step t: of the sums from those of the values of all cores, and of `seen` from
        those of the sums of step t and after it."""


def choose_pointwise(like: Tensor) -> Pointwise:
    """Triton's kernels for tensors of the device and number format of `like`, or PyTorch's operators.

    Triton's are for GPUs and for numbers of at most 32 bits. A GPU that has to do without them is reported once,
    as a Python warning.
    """
    if like.device.type != "cuda" or like.dtype not in _TRITON_FORMATS:
        return eager_pointwise
    if reason := framecast.triton_problem():
        warnings.warn(
            f"{reason}: the gates of recurrent layers take several kernels each, where Triton has one",
            stacklevel=2,
        )
        return eager_pointwise
    from framecast_conv_tt_lstm.fast import triton_pointwise

    return triton_pointwise
