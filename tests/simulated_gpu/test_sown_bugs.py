"""Bugs of the kinds that only a GPU shows, sown on purpose into a small training step: each is caught."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.distributed as dist
from torch import Tensor, nn

from tests.simulated_gpu.audit import Audit
from tests.simulated_gpu.cost import Cost, by_name


class Network(nn.Module):
    """Frames (B, 1, H, W) through two convolutions; `between` has the bug."""

    def __init__(self, between: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(4, 1, 3, padding=1)
        self.between = between

    def forward(self, frames: Tensor) -> Tensor:
        convolved: Tensor = self.second(self.between(self.first(frames)))
        return convolved


def step(between: Callable[[Tensor], Tensor] = torch.tanh) -> Cost:
    """What a step under autocast costs."""
    network, frames = Network(between).cuda(), torch.rand(2, 1, 8, 8, device="cuda")
    with Audit() as audit, torch.autocast("cuda", torch.bfloat16):
        network(frames).square().mean().backward()
    return audit.cost


def test_a_sound_step_neither_waits_nor_leaves_its_number_format() -> None:
    cost = step()
    assert not cost.waits
    assert not cost.copied
    assert cost.dtypes["convolution", torch.bfloat16] == 2
    assert not cost.dtypes["convolution", torch.float32]


def test_a_tensor_made_on_the_wrong_device() -> None:
    with pytest.raises(RuntimeError, match="same device"):
        step(lambda hidden: hidden + torch.zeros(hidden.shape))


def test_a_value_read_within_the_loop() -> None:
    cost = step(lambda hidden: hidden / hidden.detach().abs().max().item())
    assert by_name(cost.waits) == {"_local_scalar_dense": 1}
    ((_, place),) = cost.waits
    assert place.file == "test_sown_bugs.py"


def test_a_constant_uploaded_in_each_step() -> None:
    cost = step(lambda hidden: hidden * torch.tensor([2.0], device=hidden.device))
    assert by_name(cost.waits) == {"copy up": 1}


def test_a_mask_that_makes_the_size_depend_on_values() -> None:
    cost = step(lambda hidden: hidden.index_put((hidden > 0,), torch.zeros((), device=hidden.device)))
    assert by_name(cost.waits) == {"index_put": 2}  # forward and backward


def test_a_convolution_that_left_autocast() -> None:
    def exact(hidden: Tensor) -> Tensor:
        with torch.autocast("cuda", enabled=False):
            return nn.functional.conv2d(hidden.float(), torch.ones(4, 4, 1, 1, device=hidden.device))

    assert step(exact).dtypes["convolution", torch.float32] == 1


@pytest.mark.usefixtures("own_nccl_group")
def test_a_tensor_of_the_cpu_handed_to_nccl() -> None:
    on_gpu = torch.ones(2, device="cuda")
    dist.all_reduce(on_gpu)
    assert on_gpu.tolist() == [1, 1]
    for collective in (dist.all_reduce, lambda tensor: dist.broadcast(tensor, 0)):
        with pytest.raises(RuntimeError, match="No backend type associated with device type cpu"):
            collective(torch.ones(2))
