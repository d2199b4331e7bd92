"""The kernels behind `triton_pointwise`, which says what they compute.

A tensor is a matrix here: its rows are the pixels of all images, its columns their channels, which follow each
other in memory. A program takes ROWS of `pixels` rows, and COLUMNS columns, a power of two that is large enough
for all. Arithmetic is in float32. Names in capitals are constants of the compiled kernel.
"""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def update(
    gates,
    signal,
    cell,
    new_cell,
    new_hidden,
    pixels,
    CHANNELS: tl.constexpr,
    ROWS: tl.constexpr,
    COLUMNS: tl.constexpr,
):
    row, column = _rows(ROWS), tl.arange(0, COLUMNS)[None, :]
    inside = (row < pixels) & (column < CHANNELS)
    at, at_gate = row * CHANNELS + column, row * (4 * CHANNELS) + column
    i = tl.sigmoid(_load(gates + at_gate, inside) + _load(signal + at_gate, inside))
    at_f, at_o, at_g = at_gate + CHANNELS, at_gate + 2 * CHANNELS, at_gate + 3 * CHANNELS
    f = tl.sigmoid(_load(gates + at_f, inside) + _load(signal + at_f, inside))
    o = tl.sigmoid(_load(gates + at_o, inside) + _load(signal + at_o, inside))
    g = _tanh(_load(gates + at_g, inside) + _load(signal + at_g, inside))
    c = f * _load(cell + at, inside) + i * g
    tl.store(new_cell + at, c, inside)
    tl.store(new_hidden + at, o * _tanh(c), inside)
    tl.store(gates + at_gate, i, inside)
    tl.store(gates + at_f, f, inside)
    tl.store(gates + at_o, o, inside)
    tl.store(gates + at_g, g, inside)


@triton.jit
def update_backward(
    gates,
    cell,
    new_cell,
    d_hidden,
    d_output,
    d_output_stride,
    d_new_cell,
    d_gates,
    d_cell,
    pixels,
    CHANNELS: tl.constexpr,
    ROWS: tl.constexpr,
    COLUMNS: tl.constexpr,
):
    """`d_hidden`, `d_output` and `d_new_cell` may be None. Rows of `d_output` are `d_output_stride` apart."""
    row, column = _rows(ROWS), tl.arange(0, COLUMNS)[None, :]
    inside = (row < pixels) & (column < CHANNELS)
    at, at_gate = row * CHANNELS + column, row * (4 * CHANNELS) + column
    at_f, at_o, at_g = at_gate + CHANNELS, at_gate + 2 * CHANNELS, at_gate + 3 * CHANNELS
    i, f = _load(gates + at_gate, inside), _load(gates + at_f, inside)
    o, g = _load(gates + at_o, inside), _load(gates + at_g, inside)
    squashed = _tanh(_load(new_cell + at, inside))
    d_h = tl.zeros((ROWS, COLUMNS), tl.float32)
    if d_hidden is not None:
        d_h += _load(d_hidden + at, inside)
    if d_output is not None:
        d_h += _load(d_output + row * d_output_stride + column, inside)
    d_c = d_h * o * (1 - squashed * squashed)
    if d_new_cell is not None:
        d_c += _load(d_new_cell + at, inside)
    tl.store(d_cell + at, d_c * f, inside)
    tl.store(d_gates + at_gate, d_c * g * i * (1 - i), inside)
    tl.store(d_gates + at_f, d_c * _load(cell + at, inside) * f * (1 - f), inside)
    tl.store(d_gates + at_o, d_h * squashed * o * (1 - o), inside)
    tl.store(d_gates + at_g, d_c * i * (1 - g * g), inside)


@triton.jit
def begin_sums(
    sums, partial, bias, known, biased, pixels, CHANNELS: tl.constexpr, ROWS: tl.constexpr, COLUMNS: tl.constexpr
):
    """Rows are those of all time steps: the first `known` have partial sums, the first `biased` the bias, which
    may be None."""
    row, column = _rows(ROWS), tl.arange(0, COLUMNS)[None, :]
    inside = (row < pixels) & (column < CHANNELS)
    at = row * CHANNELS + column
    value = _load(partial + at, inside & (row < known))
    if bias is not None:
        value += _load(bias + column, inside & (row < biased))
    tl.store(sums + at, value, inside)


@triton.jit
def add_seen(
    sums,
    seen,
    value,
    pixels,
    CHANNELS: tl.constexpr,
    SEEN: tl.constexpr,
    AGES: tl.constexpr,
    RANK: tl.constexpr,
    ROWS: tl.constexpr,
    COLUMNS: tl.constexpr,
):
    """`sums` are those of this time step, which those of the next ones follow. AGES has for each age its first
    channel in `seen`, its first channel in `sums`, and how many there are. RANK is that of the first core."""
    row, column = _rows(ROWS), tl.arange(0, COLUMNS)[None, :]
    in_value = (row < pixels) & (column < RANK)
    for age in tl.static_range(len(AGES)):
        inside = (row < pixels) & (column < AGES[age][2])
        at = sums + (row + age * pixels) * CHANNELS + AGES[age][1] + column
        total = _load(at, inside) + _load(seen + row * SEEN + AGES[age][0] + column, inside)
        tl.store(at, total, inside)
        if age == 0 and AGES[0][1] == 0:  # the first core sees the newest state
            tl.store(value + row * RANK + column, total, in_value)
    if AGES[0][1] > 0:
        tl.store(value + row * RANK + column, _load(sums + row * CHANNELS + column, in_value), in_value)


@triton.jit
def add_value(
    sums,
    convolved,
    value,
    pixels,
    CHANNELS: tl.constexpr,
    FIRST: tl.constexpr,
    RANK: tl.constexpr,
    ROWS: tl.constexpr,
    COLUMNS: tl.constexpr,
):
    """The core's RANK channels are those from FIRST on in `sums`."""
    row, column = _rows(ROWS), tl.arange(0, COLUMNS)[None, :]
    inside = (row < pixels) & (column < RANK)
    at = row * RANK + column
    total = _load(sums + row * CHANNELS + FIRST + column, inside) + _load(convolved + at, inside)
    tl.store(value + at, total, inside)


@triton.jit
def spread(
    d_sums,
    d_seen,
    d_values,
    pixels,
    CHANNELS: tl.constexpr,
    SEEN: tl.constexpr,
    AGES: tl.constexpr,
    CORES: tl.constexpr,
    ROWS: tl.constexpr,
    COLUMNS: tl.constexpr,
):
    """`d_sums` and AGES are as in `add_seen`. CORES has for each core its first channel in `d_sums`, its rank, and
    its first channel in `d_seen` where it sees the newest state, else -1."""
    row, column = _rows(ROWS), tl.arange(0, COLUMNS)[None, :]
    for core in tl.static_range(len(CORES)):
        inside = (row < pixels) & (column < CORES[core][1])
        d_value = _load(d_values[core] + row * CORES[core][1] + column, inside)
        tl.store(d_sums + row * CHANNELS + CORES[core][0] + column, d_value, inside)
        if CORES[core][2] >= 0:
            tl.store(d_seen + row * SEEN + CORES[core][2] + column, d_value, inside)
    for age in tl.static_range(1, len(AGES)):
        inside = (row < pixels) & (column < AGES[age][2])
        d_sum = _load(d_sums + (row + age * pixels) * CHANNELS + AGES[age][1] + column, inside)
        tl.store(d_seen + row * SEEN + AGES[age][0] + column, d_sum, inside)


@triton.jit
def _rows(ROWS: tl.constexpr):
    """The program's rows, as a column; numbers of elements may exceed 32 bits."""
    return (tl.program_id(0).to(tl.int64) * ROWS + tl.arange(0, ROWS))[:, None]


@triton.jit
def _load(pointer, inside):
    return tl.load(pointer, inside, 0).to(tl.float32)


@triton.jit
def _tanh(x):
    return 2 * tl.sigmoid(2 * x) - 1
