"""The audit: launches, traffic, transfers and waits, each with the line that asked for it."""

from __future__ import annotations

import torch

from tests.simulated_gpu.audit import Audit


def test_each_operation_is_one_launch_and_views_are_none() -> None:
    tensor = torch.ones(4, 8, device="cuda")
    with Audit() as audit:
        (tensor.t()[2:] + 1).mul_(2)
    assert audit.launch_count == 2
    assert audit.wait_count == 0
    assert audit.launches_by_file() == {"test_audit.py": 2}
    # 24 of the 32 values are read and written twice
    assert audit.traffic_by_file() == {"test_audit.py": 24 * 4 * 4}


def test_operations_of_the_cpu_are_not_counted() -> None:
    with Audit() as audit:
        float((torch.ones(3) + 1).sum())
    assert audit.launch_count == audit.wait_count == 0


def test_the_backward_pass_is_counted_too() -> None:
    tensor = torch.ones(3, device="cuda", requires_grad=True)
    with Audit() as audit:
        total = (tensor * 2).sum()
        forward = audit.launch_count
        total.backward()
    assert forward == 2
    assert audit.launch_count > forward


def test_a_value_that_the_host_reads_is_a_wait() -> None:
    tensor = torch.ones(3, device="cuda")
    with Audit() as audit:
        tensor.sum().item()
        tensor.tolist()
        tensor[tensor > 0]
        torch.cuda.synchronize()
        torch.cuda.Event().synchronize()
    causes = sorted(cause for cause, _ in audit.waits)
    assert causes == ["_local_scalar_dense", "copy down", "index.Tensor", "synchronize", "synchronize"]
    assert {place.file for _, place in audit.waits} == {"test_audit.py"}
    assert len({place.line for _, place in audit.waits}) == 5


def test_an_upload_waits_unless_it_comes_from_pinned_memory_and_need_not() -> None:
    pageable, pinned = torch.ones(3), torch.ones(3).pin_memory()
    with Audit() as audit:
        pageable.to("cuda", non_blocking=True)
        pinned.to("cuda")
        pinned.to("cuda", non_blocking=True)
        torch.tensor([1.0, 2.0], device="cuda")
    assert audit.wait_count == 3
    assert sum(audit.transferred.values()) == 3 * 12 + 8


def test_the_number_formats_of_operations_are_seen() -> None:
    image, kernel = torch.ones(1, 1, 4, 4, device="cuda"), torch.ones(1, 1, 3, 3, device="cuda")
    with Audit() as audit, torch.autocast("cuda", torch.bfloat16):
        torch.conv2d(image, kernel)
    assert audit.dtypes["convolution", torch.bfloat16] == 1
