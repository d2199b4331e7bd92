"""The audit: launches, traffic, transfers and waits, each with the line that asked for it."""

from __future__ import annotations

import pytest
import torch

from tests.simulated_gpu.audit import Audit
from tests.simulated_gpu.cost import by_file, by_name


def test_each_operation_is_one_launch_and_views_are_none() -> None:
    tensor = torch.ones(4, 8, device="cuda")
    with Audit() as audit:
        (tensor.t()[2:] + 1).mul_(2)
    assert by_name(audit.cost.launches) == {"add.Tensor": 1, "mul_.Tensor": 1}
    assert by_file(audit.cost.launches) == {"test_audit.py": 2}
    assert by_file(audit.cost.traffic) == {
        "test_audit.py": 24 * 4 * 4
    }  # 24 values of 4 bytes, two reads and writes
    assert not audit.cost.waits


def test_what_an_operation_fills_in_is_written_and_not_read() -> None:
    tensor, result = torch.ones(8, device="cuda"), torch.empty(8, device="cuda")
    with Audit() as audit:
        torch.add(tensor, tensor, out=result)
        result.copy_(tensor)
        result.zero_()
    assert by_name(audit.cost.traffic) == {"add.out": 3 * 32, "copy_": 2 * 32, "zero_": 32}


def test_a_kernel_of_triton_is_one_launch(simulated: None) -> None:
    pytest.importorskip("triton", reason="Triton is not installed: it is published for Linux on x86-64")
    from tests.simulated_gpu.doubling_kernel import double

    tensor = torch.ones(10, device="cuda")
    with Audit() as audit:
        double[(2,)](tensor, 9, BLOCK=8)
    assert tensor.tolist() == [2.0] * 9 + [1.0]
    assert by_name(audit.cost.launches) == {"double": 1}
    assert by_file(audit.cost.traffic) == {"test_audit.py": 9 * 4 * 2}  # read and written
    assert not audit.cost.waits
    assert not audit.cost.copied


def test_operations_of_the_cpu_are_not_counted() -> None:
    with Audit() as audit:
        float((torch.ones(3) + 1).sum())
    assert not audit.cost.launches
    assert not audit.cost.waits


def test_the_backward_pass_is_counted_too() -> None:
    tensor = torch.ones(3, device="cuda", requires_grad=True)
    with Audit() as audit:
        total = (tensor * 2).sum()
        forward = audit.lap()
        total.backward()
    assert forward.launches.total() == 2
    assert by_name(audit.cost.launches)["mul.Tensor"] == 1


def test_a_value_that_the_host_reads_is_a_wait() -> None:
    tensor = torch.ones(3, device="cuda")
    with Audit() as audit:
        tensor.sum().item()
        tensor.tolist()
        tensor[tensor > 0]
        torch.cuda.synchronize()
        torch.cuda.Event().synchronize()
    assert by_name(audit.cost.waits) == {
        "_local_scalar_dense": 1,
        "copy down": 1,
        "index.Tensor": 1,
        "synchronize": 2,
    }
    assert by_file(audit.cost.waits) == {"test_audit.py": 5}
    assert len(audit.cost.waits) == 5  # each at its own line


def test_a_copy_waits_unless_it_need_not() -> None:
    pageable, pinned, on_gpu = torch.ones(3), torch.ones(3).pin_memory(), torch.ones(3, device="cuda")
    with Audit() as audit:
        pinned.to("cuda", non_blocking=True)
        pageable.to("cuda", non_blocking=True)
        pinned.copy_(on_gpu, non_blocking=True)
        without = audit.lap()
        pageable.to("cuda")
        torch.tensor([1.0, 2.0], device="cuda")
        pageable.copy_(on_gpu, non_blocking=True)
        pinned.copy_(on_gpu)
    assert not without.waits
    assert by_name(without.copied) == {"up": 2 * 12, "down": 12}
    assert by_name(audit.cost.waits) == {"copy up": 2, "copy down": 2}
    assert by_name(audit.cost.copied) == {"up": 12 + 8, "down": 2 * 12}


def test_the_number_formats_of_operations_are_seen() -> None:
    image, kernel = torch.ones(1, 1, 4, 4, device="cuda"), torch.ones(1, 1, 3, 3, device="cuda")
    with Audit() as audit, torch.autocast("cuda", torch.bfloat16):
        torch.conv2d(image, kernel)
    assert audit.cost.dtypes["convolution", torch.bfloat16] == 1
