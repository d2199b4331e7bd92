"""Which number format the arithmetic uses."""

from __future__ import annotations

import torch

from framecast.errors import InputError, Problem


def resolved_precision(wanted: str, device: torch.device) -> str:
    """`auto` made definite for the device. Raises InputError if the device cannot do what was asked for."""
    on_gpu = device.type == "cuda"
    if wanted == "auto":
        if not on_gpu:
            return "fp32"
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
    if wanted == "fp16" and not on_gpu:
        message = (
            f"this machine trains on its {device.type}, which has no fp16 arithmetic: write fp32, bf16 or auto"
        )
        raise InputError(Problem(message, key="training.precision"))
    return wanted


AUTOCAST_DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}
