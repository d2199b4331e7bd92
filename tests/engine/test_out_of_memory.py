"""Memory that runs out, with torch's own errors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from framecast.engine import loop
from framecast.engine.distributed_context import DistributedContext
from framecast.engine.out_of_memory import (
    OutOfMemory,
    translate_evaluation_oom,
    translate_oom,
    translate_prediction_oom,
)
from framecast.engine.train import train
from framecast.job.document import Document
from framecast.launch.launch import create_run
from framecast.plugin.events import RunFailed


def test_an_allocation_that_fails_becomes_advice() -> None:
    said = r"in step 7: .*DefaultCPUAllocator.*; go back.*training\.accumulate"
    with pytest.raises(OutOfMemory, match=said), translate_oom(7, lambda: "go back"):
        torch.empty(2**60, dtype=torch.uint8)


def test_what_is_not_about_memory_is_left_as_it_is() -> None:
    with pytest.raises(RuntimeError, match="shape"), translate_oom(7, lambda: ""):
        torch.ones(3).reshape(2)
    with pytest.raises(OutOfMemory), translate_oom(7, lambda: ""):
        raise MemoryError


def greedy(self: Any, batch: Any) -> None:
    torch.empty(2**60, dtype=torch.uint8)


def test_the_run_ends_in_words(tiny_plan: Any, runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop.Loop, "train_step", greedy)
    plan = tiny_plan()
    run = create_run(plan, Document.from_data({}), runs)
    train(plan, run, DistributedContext.single_process(torch.device("cpu")))
    failed = run.journal.read()[-1]
    assert isinstance(failed, RunFailed)
    assert "memory ran out in step 1" in failed.reason
    assert "there is no checkpoint yet" in failed.reason


@pytest.mark.parametrize(
    "text",
    [
        "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported",
        "NCCL error in: NCCLUtils.cpp:94, unhandled cuda error\nLast error:\nCuda failure 2 'out of memory'",
    ],
)
def test_the_words_of_libraries_are_recognised(text: str) -> None:
    advice = r"memory ran out in an evaluation.*evaluation_batch_size"
    with pytest.raises(OutOfMemory, match=advice), translate_evaluation_oom():
        raise RuntimeError(text)


def test_a_prediction_gets_advice_of_its_own() -> None:
    with pytest.raises(OutOfMemory, match="--device cpu"), translate_prediction_oom():
        torch.empty(2**60, dtype=torch.uint8)
