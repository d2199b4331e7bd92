"""The steps of `Pointwise` as one kernel each, for GPUs that Triton compiles for.

Numbers are added in float32 and rounded once, where PyTorch's operators round after each addition.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from functools import cache
from typing import Any

import torch
import triton
from torch import Tensor

from framecast_conv_tt_lstm.fast import triton_kernels
from framecast_conv_tt_lstm.windows import Windows

_BLOCK = 1024
"""Numbers of a tensor that one program computes, about."""


def update(
    gates_BGHW: Tensor, signal_BGHW: Tensor, cell_BCHW: Tensor, new_cell_BCHW: Tensor, new_hidden_BCHW: Tensor
) -> None:
    """See `Pointwise.update`."""
    channels = new_cell_BCHW.shape[1]
    tensors = gates_BGHW, _dense(signal_BGHW), _dense(cell_BCHW), new_cell_BCHW, new_hidden_BCHW
    _launch(triton_kernels.update, new_cell_BCHW, channels, *tensors, CHANNELS=channels)


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
    channels, stride = new_cell_BCHW.shape[1], 0
    d_cell_BCHW = torch.empty_like(new_cell_BCHW)
    if d_output_BCHW is not None:  # often some channels of a wider gradient
        stride = _pixel_stride(d_output_BCHW)
        if not stride:
            d_output_BCHW, stride = _dense(d_output_BCHW), channels
    _launch(
        triton_kernels.update_backward,
        new_cell_BCHW,
        channels,
        gates_BGHW,
        _dense(cell_BCHW),
        new_cell_BCHW,
        None if d_hidden_BCHW is None else _dense(d_hidden_BCHW),
        d_output_BCHW,
        stride,
        None if d_new_cell_BCHW is None else _dense(d_new_cell_BCHW),
        d_gates_BGHW,
        d_cell_BCHW,
        CHANNELS=channels,
    )
    return d_cell_BCHW


def begin_sums(sums_TBQHW: Tensor, partial_NBQHW: Tensor, bias_Q: Tensor | None) -> None:
    """See `Pointwise.begin_sums`."""
    times, known, channels = len(sums_TBQHW), len(partial_NBQHW), sums_TBQHW.shape[2]
    pixels = _pixels(sums_TBQHW[0])
    partial = _dense(partial_NBQHW.flatten(0, 1))
    rows = known * pixels, (times - known) * pixels
    _launch(
        triton_kernels.begin_sums,
        sums_TBQHW.flatten(0, 1),
        channels,
        sums_TBQHW,
        partial,
        bias_Q,
        *rows,
        CHANNELS=channels,
    )


def add_seen(sums_TBQHW: Tensor, seen_BUHW: Tensor, t: int, windows: Windows, value_BRHW: Tensor) -> None:
    """See `Pointwise.add_seen`."""
    _launch(
        triton_kernels.add_seen,
        value_BRHW,
        max(windows.rank[0], *(width for _, _, width in _ages(windows))),
        sums_TBQHW[t],
        _dense(seen_BUHW),
        value_BRHW,
        CHANNELS=windows.channels,
        SEEN=seen_BUHW.shape[1],
        AGES=_ages(windows),
        RANK=windows.rank[0],
    )


def add_value(
    sums_TBQHW: Tensor, convolved_BRHW: Tensor, t: int, windows: Windows, core: int, value_BRHW: Tensor
) -> None:
    """See `Pointwise.add_value`."""
    rank = windows.rank[core]
    tensors = sums_TBQHW[t], _dense(convolved_BRHW), value_BRHW
    constants = {"CHANNELS": windows.channels, "FIRST": windows.span(core).start, "RANK": rank}
    _launch(triton_kernels.add_value, value_BRHW, rank, *tensors, **constants)


def spread(
    d_sums_TBQHW: Tensor, d_seen_TBUHW: Tensor, d_values: Sequence[Tensor], t: int, windows: Windows
) -> None:
    """See `Pointwise.spread`."""
    _launch(
        triton_kernels.spread,
        d_values[0],
        max(max(windows.rank), *(width for _, _, width in _ages(windows))),
        d_sums_TBQHW[t],
        d_seen_TBUHW[t],
        tuple(map(_dense, d_values)),
        CHANNELS=windows.channels,
        SEEN=d_seen_TBUHW.shape[2],
        AGES=_ages(windows),
        CORES=_cores(windows),
    )


@cache
def _ages(windows: Windows) -> tuple[tuple[int, int, int], ...]:
    """For each age its first row of the window kernels, its first channel among all cores', and how many."""
    return tuple((rows.start, span.start, span.stop - span.start) for rows, span in windows.ages)


@cache
def _cores(windows: Windows) -> tuple[tuple[int, int, int], ...]:
    """For each core its first channel among all cores', its rank, and the row of the newest state's window kernel,
    -1 where it does not see that state."""
    newest = windows.cores(0)
    begins = [windows.span(core).start for core in range(windows.order)]
    rows = [begin - begins[newest.start] if core in newest else -1 for core, begin in enumerate(begins)]
    return tuple(zip(begins, windows.rank, rows, strict=True))


def _launch(kernel: Any, like_BXHW: Tensor, width: int, *arguments: Any, **constants: Any) -> None:
    """One launch over the pixels of `like`, `width` channels of each at most."""
    pixels, columns = _pixels(like_BXHW), triton.next_power_of_2(width)
    rows = max(1, _BLOCK // columns)
    with torch.cuda.device(like_BXHW.device) if like_BXHW.is_cuda else contextlib.nullcontext():
        kernel[(triton.cdiv(pixels, rows),)](*arguments, pixels, **constants, ROWS=rows, COLUMNS=columns)


def _pixels(like_BXHW: Tensor) -> int:
    batch, _, height, width = like_BXHW.shape
    return batch * height * width


def _dense(frame_BXHW: Tensor) -> Tensor:
    """Channels last without gaps. A copy only where it is not, as from a convolution without cuDNN."""
    return frame_BXHW.contiguous(memory_format=torch.channels_last)


def _pixel_stride(frame_BXHW: Tensor) -> int:
    """Numbers from one pixel to the next, where the pixels of all images have the same distance and each has its
    channels together; 0 for other layouts."""
    batch, channels, height, width = frame_BXHW.shape
    between_images, between_channels, between_rows, stride = frame_BXHW.stride()
    even = (
        between_channels == 1
        and stride >= channels
        and between_rows == width * stride
        and (between_images == height * between_rows or batch == 1)  # of one image the distance is any number
    )
    return stride if even else 0
