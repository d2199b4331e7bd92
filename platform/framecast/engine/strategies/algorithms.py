"""Which algorithms GPUs use for an operation that has several."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def chosen_algorithms(choice: str, device: torch.device) -> Iterator[None]:
    """While the body runs, operations on a GPU use the algorithms of `training.algorithms`.

    To be entered before the first operation on the device; without effect on other devices. The switches are those
    of the process.
    """
    if device.type != "cuda":
        yield
        return
    cudnn, deterministic = torch.backends.cudnn, choice == "deterministic"
    before = torch.are_deterministic_algorithms_enabled(), cudnn.benchmark, cudnn.deterministic
    if deterministic:
        # cuBLAS reads it as it starts, torch requires it
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(deterministic)
    cudnn.benchmark, cudnn.deterministic = choice == "benchmark", deterministic
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before[0])
        cudnn.benchmark, cudnn.deterministic = before[1:]
