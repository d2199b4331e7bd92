"""Memory that ran out: how an error says so, and what to do. Imports no torch: a driver that has none asks too."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from framecast.errors import TrainingFailed
from framecast.plugin.cause import Cause


class OutOfMemory(TrainingFailed):
    """This process had not enough memory. Its peers know nothing of it."""


_WORDS = (
    "DefaultCPUAllocator",  # torch has no type for the CPU's memory
    "CUDA error: out of memory",
    "CUDA out of memory",
    "CUDNN_STATUS_ALLOC_FAILED",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUFFT_ALLOC_FAILED",
    "Cuda failure 2 'out of memory'",  # NCCL's, for its buffers
    "Cuda failure 'out of memory'",
)
"""Words of libraries that raise a plain RuntimeError when memory runs out."""


@contextmanager
def translate_oom(step: int, last_good: Callable[[], str]) -> Iterator[None]:
    """Around step `step`. Raises OutOfMemory in place of what torch raises; `last_good` names
    the checkpoint to continue from."""

    def advice() -> str:
        return (
            f"{last_good()}. The same results take less memory with a larger training.accumulate, with "
            "training.activation_checkpointing=layers or with more compute.workers"
        )

    with _translating(f"step {step}", advice):
        yield


@contextmanager
def translate_evaluation_oom() -> Iterator[None]:
    """Around an evaluation. Raises OutOfMemory in place of what torch raises."""
    advice = (
        "the same scores take less memory with a lower training.evaluation_batch_size, such as 1; another program "
        "may use the same GPU"
    )
    with _translating("an evaluation", lambda: advice):
        yield


@contextmanager
def translate_prediction_oom() -> Iterator[None]:
    """Around a prediction. Raises OutOfMemory in place of what torch raises."""
    advice = "--device cpu computes in the memory of this machine, fewer --frames-out take less"
    with _translating("the prediction", lambda: advice):
        yield


@contextmanager
def _translating(place: str, advice: Callable[[], str]) -> Iterator[None]:
    try:
        yield
    except (RuntimeError, MemoryError) as error:  # torch.OutOfMemoryError is a RuntimeError
        if not is_about_memory(error):
            raise
        first = str(error).splitlines()[0] if str(error) else "MemoryError"
        raise OutOfMemory(f"memory ran out in {place}: {first}; {advice()}") from error


def cause_of(error: BaseException) -> Cause:
    """What an error of the engine means for the run."""
    if is_about_memory(error):
        return Cause.OUT_OF_MEMORY
    return Cause.ERROR


def is_about_memory(error: BaseException) -> bool:
    """Whether memory has run out: by the error's type, else by the words of the library that it comes from."""
    if isinstance(error, OutOfMemory | MemoryError):
        return True
    torch = sys.modules.get("torch")  # an error of torch comes only from a process that has imported it
    if torch is None or not isinstance(error, RuntimeError):
        return False
    return isinstance(error, torch.OutOfMemoryError) or any(words in str(error) for words in _WORDS)
