"""Triton's kernels: interpreted against PyTorch's operators, and compiled for GPUs that are not here.

Whether Triton interprets is decided as it is imported, so each of the two has a process, and this one has none.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from multiprocessing import get_context
from typing import Any

import pytest
import torch

from framecast_conv_tt_lstm.settings import ConvLSTMSettings, ConvTTLSTMSettings
from framecast_conv_tt_lstm.windows import Windows
from tests.plugins.conv_tt_lstm.fast.triton_comparisons import (
    chosen_for_gpu,
    compare_chain,
    compare_network,
    compare_update,
    compare_update_backward,
)
from tests.plugins.conv_tt_lstm.fast.triton_compilation import compile_kernels

pytestmark = pytest.mark.skipif(
    find_spec("triton") is None, reason="Triton is not installed: it is published for Linux on x86-64"
)

EXACT = {torch.float32: 1e-6, torch.bfloat16: 2e-2, torch.float16: 2e-3}
"""The largest difference: of numbers around 1, or relative to the largest. A last bit of bfloat16 is 2**-8."""
FORMATS = pytest.mark.parametrize("dtype", EXACT, ids=["fp32", "bf16", "fp16"])
# channels, and (batch, height, width): one program and many, powers of two and not
SIZES = pytest.mark.parametrize(
    ("channels", "image"), [(1, (1, 1, 1)), (5, (2, 3, 7)), (48, (1, 5, 8)), (32, (3, 4, 4))]
)
TRAINS = {
    "order 1": Windows.of(1, 1, 3),
    "order 1, steps 3": Windows.of(1, 3, 2),
    "order 2": Windows.of(2, 2, [3, 1]),
    "order 3, steps 5": Windows.of(3, 5, [1, 8, 5]),
    "order 4": Windows.of(4, 4, 8),
    "fixed": Windows.of(3, 2, [2, 5, 3], "fixed"),
    "fixed, order 1": Windows.of(1, 4, 3, "fixed"),
}
STACK: dict[str, Any] = {"layers_per_block": [1, 2], "hidden_channels": [3, 5], "kernel_size": 3, "skip_stride": 1}
NETWORKS = {
    "conv_lstm": ConvLSTMSettings(**STACK),
    "order 1": ConvTTLSTMSettings(**STACK, order=1, steps=1, rank=2),
    "order 3": ConvTTLSTMSettings(**STACK, order=3, steps=4, rank=[2, 5, 3]),
    "fixed": ConvTTLSTMSettings(**STACK, order=2, steps=3, rank=4, window="fixed", bias=False),
}


def process(interpret: str) -> Iterator[Callable[..., Any]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "TRITON_INTERPRET", interpret)
        pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
        with pool:
            yield lambda function, *given: pool.submit(function, *given).result()


@pytest.fixture(scope="module")
def interpreted() -> Iterator[Callable[..., Any]]:
    """Calls a function in a process where Triton interprets."""
    yield from process("1")


@pytest.fixture(scope="module")
def compiled() -> Iterator[Callable[..., Any]]:
    """Calls a function in a process where Triton compiles."""
    yield from process("0")


@FORMATS
def test_gpus_have_the_kernels(interpreted, dtype):
    assert interpreted(chosen_for_gpu, dtype) == "framecast_conv_tt_lstm.fast.triton_pointwise"


@FORMATS
@SIZES
def test_the_gates_are_activated_and_the_states_updated(interpreted, dtype, channels, image):
    found = interpreted(compare_update, dtype, channels, image)

    assert found.keys() == {"gates", "cell", "hidden"}
    assert max(found.values()) <= EXACT[dtype]


@FORMATS
@SIZES
@pytest.mark.parametrize("given", [(1, 1, 1), (0, 1, 0), (1, 0, 0), (0, 0, 1)], ids=str)
def test_the_gradients_of_gates_and_cell(interpreted, dtype, channels, image, given):
    found = interpreted(compare_update_backward, dtype, channels, image, given)

    assert found.keys() == {"d_gates", "d_cell"}
    assert max(found.values()) <= 8 * EXACT[dtype]  # gradients up to 8


@FORMATS
@pytest.mark.parametrize("windows", TRAINS.values(), ids=TRAINS)
@pytest.mark.parametrize("image", [(1, 1, 1), (2, 3, 5)], ids=str)
def test_the_chain_adds_the_same_numbers_in_the_same_order(interpreted, dtype, windows, image):
    found = interpreted(compare_chain, dtype, windows, image, image == (2, 3, 5))

    assert len(found) == 3 + windows.order
    # a GPU rounds to nearest, and the interpreter cuts bfloat16 off: a last bit for each sum, of numbers up to 16
    assert max(found.values()) <= (2**-4 * windows.steps if dtype == torch.bfloat16 else 0)


@pytest.mark.parametrize(
    ("name", "dtype"), [*((name, torch.float32) for name in NETWORKS), ("order 3", torch.bfloat16)], ids=str
)
@pytest.mark.parametrize("keep_truth", [None, [[True, False], [True, True]]], ids=["closed loop", "mixed"])
def test_a_network_predicts_and_learns_the_same(interpreted, name, dtype, keep_truth):
    found = interpreted(compare_network, dtype, NETWORKS[name], (5, 7), keep_truth)

    assert found.keys() == {"predictions", "gradients"}
    assert max(found.values()) <= 3 * EXACT[dtype]


@pytest.mark.parametrize(
    ("capability", "dtype"),
    [
        (90, torch.bfloat16),
        *(
            pytest.param(capability, dtype, marks=pytest.mark.slow)
            for capability in (80, 90)
            for dtype in EXACT
            if (capability, dtype) != (90, torch.bfloat16)
        ),
    ],
    ids=str,
)
def test_every_kernel_of_a_training_step_compiles(compiled, capability, dtype, tmp_path):
    sizes = compiled(compile_kernels, dtype, capability)

    assert sizes.keys() == {"update", "update_backward", "begin_sums", "add_seen", "add_value", "spread"}
    assert min(sizes.values()) > 0
