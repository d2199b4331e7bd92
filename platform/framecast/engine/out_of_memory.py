"""Memory that ran out: how an error says so, and what to do. Imports no torch: a driver that has none asks too."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from framecast.errors import TrainingFailed
from framecast.plugin.cause import Cause


class OutOfMemory(TrainingFailed):
    """This process had not enough memory. Its peers know nothing of it."""


@contextmanager
def translate_oom(step: int, last_good: Callable[[], str]) -> Iterator[None]:
    """Around step `step`. Raises OutOfMemory in place of what torch raises; `last_good` names
    the checkpoint to continue from."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:  # torch.OutOfMemoryError is a RuntimeError
        if not is_about_memory(error):
            raise
        raise OutOfMemory(
            f"memory ran out in step {step}: {str(error).splitlines()[0] if str(error) else 'MemoryError'}; "
            f"{last_good()}. The same results take less memory with a larger training.accumulate, with "
            "training.activation_checkpointing=layers or with more compute.workers"
        ) from error


def cause_of(error: BaseException) -> Cause:
    """What an error of the engine means for the run."""
    if is_about_memory(error):
        return Cause.OUT_OF_MEMORY
    return Cause.ERROR


def is_about_memory(error: BaseException) -> bool:
    """Whether memory has run out, by the error's type. For memory of the CPU torch has none, only these words."""
    if isinstance(error, OutOfMemory | MemoryError):
        return True
    torch = sys.modules.get("torch")  # an error of torch comes only from a process that has imported it
    if torch is None or not isinstance(error, RuntimeError):
        return False
    return isinstance(error, torch.OutOfMemoryError) or "DefaultCPUAllocator" in str(error)
