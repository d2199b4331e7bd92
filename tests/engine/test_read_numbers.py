"""The logged values of a step as numbers."""

from __future__ import annotations

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from framecast.engine.read_numbers import read_numbers


def test_numbers_and_tensors_of_any_kind_keep_their_order_and_value() -> None:
    double = torch.tensor(0.1, dtype=torch.float64)
    values: list[float | torch.Tensor] = [0.1, torch.tensor(0.1), torch.tensor([3]), 2, double]
    assert read_numbers(values) == [0.1, float(torch.tensor(0.1)), 3.0, 2.0, 0.1]
    assert read_numbers([]) == []


def test_all_tensors_of_a_device_come_in_one_transfer() -> None:
    with Reads() as reads:
        assert read_numbers([torch.ones(()), 1.0, torch.ones((), dtype=torch.bfloat16)]) == [1.0, 1.0, 1.0]
    assert reads.of_single_elements == 0


class Reads(TorchDispatchMode):
    """Counts `.item()`, each of which would wait for a GPU."""

    of_single_elements = 0

    def __torch_dispatch__(self, function, types, arguments=(), keywords=None):
        self.of_single_elements += function is torch.ops.aten._local_scalar_dense.default
        return function(*arguments, **(keywords or {}))
