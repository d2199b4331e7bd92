"""What Triton's kernels compute, against PyTorch's operators on the same numbers.

For a process in which Triton interprets its kernels: TRITON_INTERPRET=1 has to be set before triton is imported.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

from framecast_conv_tt_lstm.fast import eager_pointwise, layer_pass
from framecast_conv_tt_lstm.fast.convolution import frames
from framecast_conv_tt_lstm.fast.pointwise import Pointwise, choose_pointwise
from framecast_conv_tt_lstm.settings import ConvLSTMSettings
from framecast_conv_tt_lstm.windows import Windows
from tests.plugins.conv_tt_lstm.drawn import build, difference, gradients

Differences = dict[str, float]
"""The largest difference of each result."""


def chosen_for_gpu(dtype: torch.dtype) -> str:
    """The name of the module that computes for numbers of a GPU."""
    like: Any = SimpleNamespace(device=torch.device("cuda"), dtype=dtype)
    module: Any = choose_pointwise(like)
    return str(module.__name__)


def compare_update(dtype: torch.dtype, channels: int, image: tuple[int, int, int]) -> Differences:
    """Gates, cell and hidden state after one step; `image` is (B, H, W)."""
    inputs = [_random(image, channels * 4, dtype), _random(image, channels * 4, dtype, seed=1)]
    inputs.append(_random(image, channels, torch.float32).contiguous())  # a first state is not channels last
    results = []
    for pointwise in _both():
        gates, signal, cell = (_copy(tensor) for tensor in inputs)
        new_cell, hidden = _empty(image, channels, torch.float32), _empty(image, channels, dtype)
        pointwise.update(gates, signal, cell, new_cell, hidden)
        results.append({"gates": gates, "cell": new_cell, "hidden": hidden})
    return _differences(*results)


def compare_update_backward(
    dtype: torch.dtype, channels: int, image: tuple[int, int, int], given: tuple[bool, bool, bool]
) -> Differences:
    """The gradients of gates and cell. `given` are which gradients arrive: of the hidden state, the output, the
    cell."""
    gates = _random(image, channels * 4, dtype).sigmoid()
    cell, new_cell = _random(image, channels, torch.float32), _random(image, channels, torch.float32, seed=1)
    wide = _random(image, channels + 3, dtype, seed=2)
    d_hidden = _random(image, channels, dtype, seed=3) if given[0] else None
    # as autograd slices the gradient of a concatenation
    d_output = wide[:, 1 : 1 + channels] if given[1] else None
    d_new_cell = _random(image, channels, torch.float32, seed=4) if given[2] else None
    results = []
    for pointwise in _both():
        d_gates = _empty(image, channels * 4, dtype)
        d_cell = pointwise.update_backward(gates, cell, new_cell, d_hidden, d_output, d_new_cell, d_gates)
        results.append({"d_gates": d_gates, "d_cell": d_cell})
    return _differences(*results)


def compare_chain(dtype: torch.dtype, windows: Windows, image: tuple[int, int, int], bias: bool) -> Differences:
    """The sums and values of three time steps, and the gradients that are spread."""
    times, batch, height, width = 3, *image
    seen_rows = sum(rows.stop - rows.start for rows, _ in windows.ages)
    like = torch.empty(batch, 0, height, width, dtype=dtype)
    partial = torch.randn(windows.steps - 1, batch, windows.channels, height, width, generator=_generator())
    bias_Q = torch.randn(windows.channels, generator=_generator()).to(dtype) if bias else None
    results = []
    for pointwise in _both():
        result = {}
        sums = frames(times + windows.steps - 1, like, windows.channels)
        pointwise.begin_sums(sums, partial.to(dtype), bias_Q)
        values = [frames(times, like, rank) for rank in windows.rank]
        for t in range(times):
            pointwise.add_seen(sums, _random(image, seen_rows, dtype, seed=t), t, windows, values[0][t])
            for core in range(1, windows.order):
                convolved = _random(image, windows.rank[core], dtype, seed=core)
                pointwise.add_value(sums, convolved, t, windows, core, values[core][t])
        result |= {"sums": sums, **{f"value {core}": value for core, value in enumerate(values)}}
        d_sums, d_seen = frames(len(sums), like, windows.channels), frames(times, like, seen_rows)
        d_sums[times:] = partial.to(dtype)
        for t in reversed(range(times)):
            d_values = [_random(image, rank, dtype, seed=t + core) for core, rank in enumerate(windows.rank)]
            pointwise.spread(d_sums, d_seen, d_values, t, windows)
        results.append(result | {"d_sums": d_sums, "d_seen": d_seen})
    return _differences(*results)


def compare_network(
    dtype: torch.dtype, settings: ConvLSTMSettings, size: tuple[int, int], keep_truth: list[list[bool]] | None
) -> Differences:
    """Predictions of a network, and the gradients of all its parameters: norm of the difference over the norm."""
    clip = torch.rand(len(keep_truth or [0]), 6, 1, *size, generator=_generator()).to(dtype)
    mask = {"truth": clip[:, 3:-1], "keep_truth": torch.tensor(keep_truth)} if keep_truth else {}
    results = []
    for pointwise in _both():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(layer_pass, "choose_pointwise", lambda like, pointwise=pointwise: pointwise)
            network = build(settings, 1, "fast").to(dtype)
            predictions = network(clip[:, :3], 3, **mask)
        (predictions - clip[:, 1:]).square().mean().backward()
        results.append((predictions.detach(), gradients(network)))
    (expected, d_expected), (found, d_found) = results
    return {"predictions": difference(found, expected), "gradients": difference(d_found, d_expected)}


def _both() -> tuple[Pointwise, Pointwise]:
    from framecast_conv_tt_lstm.fast import triton_pointwise

    return eager_pointwise, triton_pointwise


def _generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _empty(image: tuple[int, int, int], channels: int, dtype: torch.dtype) -> Tensor:
    """Not a number anywhere, channels last."""
    batch, height, width = image
    return torch.full((batch, height, width, channels), torch.nan, dtype=dtype).movedim(-1, 1)


def _random(image: tuple[int, int, int], channels: int, dtype: torch.dtype, seed: int = 0) -> Tensor:
    batch, height, width = image
    numbers = torch.randn(batch, height, width, channels, generator=_generator(seed))
    return (2 * numbers).to(dtype).movedim(-1, 1)


def _copy(tensor: Tensor) -> Tensor:
    return tensor.clone(memory_format=torch.preserve_format)


def _differences(expected: dict[str, Any], found: dict[str, Any]) -> Differences:
    assert expected.keys() == found.keys()
    assert [each.dtype for each in expected.values()] == [each.dtype for each in found.values()]
    return {name: float((expected[name].double() - found[name].double()).abs().max()) for name in expected}
