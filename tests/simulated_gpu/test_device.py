"""The device itself: it computes as the CPU does, and refuses what a GPU refuses."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch


@pytest.mark.parametrize("other", ["cpu", "cuda:1"])
def test_tensors_of_two_devices_do_not_mix(other: str, needs_gpus: Callable[[int], None]) -> None:
    needs_gpus(2)
    with pytest.raises(RuntimeError, match="same device"):
        torch.ones(3, device="cuda:0") + torch.ones(3, device=other)


def test_a_scalar_of_the_cpu_is_taken_by_any_device() -> None:
    assert (torch.ones(3, device="cuda") * torch.tensor(2.0)).tolist() == [2.0, 2.0, 2.0]


def test_views_share_their_bytes_and_copies_do_not() -> None:
    tensor = torch.zeros(2, 3, device="cuda")
    copy = tensor.clone()
    tensor.t()[1].add_(1)
    assert tensor.tolist() == [[0, 1, 0], [0, 1, 0]]
    assert copy.tolist() == [[0, 0, 0], [0, 0, 0]]


def test_autocast_has_the_lists_of_cuda_and_gradients_arrive_on_the_device() -> None:
    weight = torch.randn(2, 1, 3, 3, device="cuda", requires_grad=True)
    with torch.autocast("cuda", torch.float16):
        convolved = torch.conv2d(torch.randn(1, 1, 8, 8, device="cuda"), weight)
        total = convolved.sum()
    assert (convolved.dtype, total.dtype) == (torch.float16, torch.float32)
    total.backward()
    assert weight.grad is not None
    assert weight.grad.device == torch.device("cuda:0")


def test_a_device_that_is_not_there_cannot_be_used(monkeypatch: pytest.MonkeyPatch, simulated: None) -> None:
    with pytest.raises(RuntimeError, match="invalid device ordinal"):
        torch.ones(1, device="cuda:3")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2")
    assert torch.cuda.device_count() == 1
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert not torch.cuda.is_available()


def test_memory_is_counted_and_runs_out(limit_memory: Callable[[int], None]) -> None:
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    tensor = torch.zeros(2**18, device="cuda")
    assert torch.cuda.memory_allocated() == before + 2**20
    del tensor
    assert torch.cuda.memory_allocated() == before
    assert torch.cuda.max_memory_allocated() == before + 2**20
    limit_memory(2**20)
    with pytest.raises(torch.OutOfMemoryError, match="CUDA out of memory"):
        torch.zeros(2**18 + 1, device="cuda")


def test_pinned_memory_is_recognised() -> None:
    tensor = torch.zeros(8)
    assert not tensor.is_pinned()
    pinned = tensor.pin_memory()
    assert pinned.is_pinned()
    assert pinned[4:].is_pinned()
