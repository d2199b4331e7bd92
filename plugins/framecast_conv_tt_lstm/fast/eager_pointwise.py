"""The steps of `Pointwise` by PyTorch's operators: any device, any floating-point format, any strides.

Dimensions: B batch, C hidden channels, G = 4C gates in the order i, f, o, g, H W space; for those of the tensor
train see `Pointwise`.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from framecast_conv_tt_lstm.windows import Windows

_sigmoid_backward = torch.ops.aten.sigmoid_backward
_tanh_backward = torch.ops.aten.tanh_backward


def update(
    gates_BGHW: Tensor, signal_BGHW: Tensor, cell_BCHW: Tensor, new_cell_BCHW: Tensor, new_hidden_BCHW: Tensor
) -> None:
    """See `Pointwise.update`. A whole tensor is converted to the cell's number format faster than a slice."""
    gates_BGHW.add_(signal_BGHW)
    exact_BGHW = gates_BGHW.to(cell_BCHW.dtype)
    candidate_BCHW = exact_BGHW[:, 3 * cell_BCHW.shape[1] :]
    squashed_BCHW = tanh(candidate_BCHW)
    exact_BGHW.sigmoid_()  # of all four: memory in one segment is twice as fast as three quarters of it
    candidate_BCHW.copy_(squashed_BCHW)
    i, f, o, g = exact_BGHW.chunk(4, 1)
    torch.mul(f, cell_BCHW, out=new_cell_BCHW)
    new_cell_BCHW.addcmul_(i, g)  # c' = f c + i g
    new_hidden_BCHW.copy_(tanh(new_cell_BCHW).mul_(o))  # h' = o tanh(c')
    if exact_BGHW is not gates_BGHW:
        gates_BGHW.copy_(exact_BGHW)


def update_backward(
    gates_BGHW: Tensor,
    cell_BCHW: Tensor,
    new_cell_BCHW: Tensor,
    d_hidden_BCHW: Tensor | None,
    d_output_BCHW: Tensor | None,
    d_new_cell_BCHW: Tensor | None,
    d_gates_BGHW: Tensor,
) -> Tensor:
    """See `Pointwise.update_backward`."""
    exact_BGHW = gates_BGHW.to(cell_BCHW.dtype)
    same = exact_BGHW is gates_BGHW
    d_exact_BGHW = d_gates_BGHW if same else torch.empty_like(exact_BGHW)
    if d_hidden_BCHW is None or d_output_BCHW is None:
        either_BCHW = d_output_BCHW if d_hidden_BCHW is None else d_hidden_BCHW
        d_hidden_BCHW = torch.zeros_like(cell_BCHW) if either_BCHW is None else either_BCHW
    else:
        d_hidden_BCHW = d_hidden_BCHW + d_output_BCHW
    d_hidden_BCHW = d_hidden_BCHW.to(cell_BCHW.dtype)
    i, f, o, g = exact_BGHW.chunk(4, 1)
    d_i, d_f, d_o, d_g = d_exact_BGHW.chunk(4, 1)
    squashed_BCHW = tanh(new_cell_BCHW)
    torch.mul(d_hidden_BCHW, squashed_BCHW, out=d_o)
    d_cell_BCHW: Tensor = _tanh_backward(d_hidden_BCHW * o, squashed_BCHW)
    if d_new_cell_BCHW is not None:
        d_cell_BCHW.add_(d_new_cell_BCHW)
    torch.mul(d_cell_BCHW, g, out=d_i)
    torch.mul(d_cell_BCHW, cell_BCHW, out=d_f)
    torch.mul(d_cell_BCHW, i, out=d_g)
    sigmoids = slice(0, 3 * cell_BCHW.shape[1])
    d_ifo = d_exact_BGHW[:, sigmoids]
    _sigmoid_backward.grad_input(d_ifo, exact_BGHW[:, sigmoids], grad_input=d_ifo)
    _tanh_backward.grad_input(d_g, g, grad_input=d_g)
    if not same:
        d_gates_BGHW.copy_(d_exact_BGHW)
    return d_cell_BCHW.mul_(f)


def begin_sums(sums_TBQHW: Tensor, partial_NBQHW: Tensor, bias_Q: Tensor | None) -> None:
    """See `Pointwise.begin_sums`."""
    known = len(partial_NBQHW)
    sums_TBQHW[:known] = partial_NBQHW
    sums_TBQHW[known:] = 0
    if bias_Q is not None:
        sums_TBQHW[: len(sums_TBQHW) - known].add_(bias_Q[:, None, None])


def add_seen(sums_TBQHW: Tensor, seen_BUHW: Tensor, t: int, windows: Windows, value_BRHW: Tensor) -> None:
    """See `Pointwise.add_seen`."""
    for age, (rows, span) in enumerate(windows.ages):
        sums_TBQHW[t + age, :, span].add_(seen_BUHW[:, rows])
    value_BRHW.copy_(sums_TBQHW[t, :, windows.span(0)])


def add_value(
    sums_TBQHW: Tensor, convolved_BRHW: Tensor, t: int, windows: Windows, core: int, value_BRHW: Tensor
) -> None:
    """See `Pointwise.add_value`."""
    torch.add(sums_TBQHW[t, :, windows.span(core)], convolved_BRHW, out=value_BRHW)


def spread(
    d_sums_TBQHW: Tensor, d_seen_TBUHW: Tensor, d_values: Sequence[Tensor], t: int, windows: Windows
) -> None:
    """See `Pointwise.spread`."""
    for core, d_value_BRHW in enumerate(d_values):
        d_sums_TBQHW[t, :, windows.span(core)] = d_value_BRHW
    for age, (rows, span) in enumerate(windows.ages):
        d_seen_TBUHW[t, :, rows] = d_sums_TBQHW[t + age, :, span]


def tanh(x: Tensor) -> Tensor:
    """On a CPU tanh(x) = 2 sigmoid(2x) - 1: as exact in the absolute, and several times faster there."""
    return (2 * x).sigmoid_().mul_(2).sub_(1) if x.device.type == "cpu" else x.tanh()
