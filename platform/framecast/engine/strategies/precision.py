"""Which number format the arithmetic uses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from framecast.errors import InputError, Problem
from framecast.job.training import GPU_PRECISIONS


def resolved_precision(wanted: str, device: torch.device) -> str:
    """`auto` made definite for the device. Raises InputError if the device cannot do what was asked for."""
    on_gpu = device.type == "cuda"
    if wanted == "auto":
        if not on_gpu:
            return "fp32"
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
    if wanted in GPU_PRECISIONS and not on_gpu:
        message = (
            f"this machine trains on its {device.type}, which has no {wanted} arithmetic: write fp32, bf16 or auto"
        )
        raise InputError(Problem(message, key="training.precision"))
    return wanted


AUTOCAST_DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}


@contextmanager
def float32_products(tf32: bool = False) -> Iterator[None]:
    """While the body runs, convolutions and matrix products of fp32 tensors on GPUs are in TF32, or in IEEE fp32.

    PyTorch's own default is TF32 for convolutions and IEEE for the others. The setting is that of the process.
    """
    backends: Any = torch.backends  # its types do not have them
    operations = (backends.cudnn.conv, backends.cudnn.rnn, backends.cuda.matmul)
    before = [operation.fp32_precision for operation in operations]
    for operation in operations:
        operation.fp32_precision = "tf32" if tf32 else "ieee"
    try:
        yield
    finally:
        for operation, precision in zip(operations, before, strict=True):
            operation.fp32_precision = precision
