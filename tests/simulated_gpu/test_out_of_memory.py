"""A GPU whose memory is too small for the job: the run ends, and says what takes less."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from framecast.plugin.cause import Cause
from framecast.plugin.events import RunFailed, StepDone
from tests.planned_runs import create
from tests.simulated_gpu.training import plan, train_here, train_to_the_end


@pytest.mark.parametrize("strategy", ["torch", "deepspeed"])
def test_a_step_that_does_not_fit_ends_with_advice(
    strategy: str, tmp_path: Path, limit_memory: Callable[[int], None]
) -> None:
    run = create(plan(f"training.strategy={strategy}"), tmp_path)

    limit_memory(200_000)
    train_to_the_end(run)

    events = run.journal.read()
    ending = events[-1]
    assert isinstance(ending, RunFailed)
    assert ending.cause == Cause.OUT_OF_MEMORY
    assert "memory ran out in step 1: CUDA out of memory" in ending.reason
    assert "training.accumulate" in ending.reason
    assert not [event for event in events if isinstance(event, StepDone)]


def test_accumulation_takes_less_memory(tmp_path: Path) -> None:
    peaks = []
    for parts in (1, 4):
        torch.cuda.reset_peak_memory_stats()
        run = train_here(create(plan(f"training.accumulate={parts}"), tmp_path))
        peaks.append(max(event.memory for event in run.journal.read() if isinstance(event, StepDone)))
    assert peaks[1] < peaks[0]
