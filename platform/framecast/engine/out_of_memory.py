"""Memory that ran out during a step: what it means, and the way out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

from framecast.errors import TrainingFailed


class OutOfMemory(TrainingFailed):
    """This process had not enough memory. Its peers know nothing of it."""


@contextmanager
def translate_oom(step: int, last_good: Callable[[], str]) -> Iterator[None]:
    """Around step `step`. Raises OutOfMemory in place of what torch raises; `last_good` names
    the checkpoint to go on from."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:  # torch.OutOfMemoryError is a RuntimeError
        if not _is_about_memory(error):
            raise
        raise OutOfMemory(
            f"memory ran out in step {step}: {str(error).splitlines()[0] if str(error) else 'MemoryError'}; "
            f"{last_good()}. The same results take less memory with a larger training.accumulate, with "
            "training.activation_checkpointing=layers or with more compute.workers"
        ) from error


def _is_about_memory(error: Exception) -> bool:
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or "DefaultCPUAllocator" in str(error)
