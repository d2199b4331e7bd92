"""What DeepSpeed takes of the memory, and gives back, where several runs follow each other in one process."""

from __future__ import annotations

import gc
from collections.abc import Callable

import deepspeed
import pytest
import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensor

from framecast.engine.distributed_context import DistributedContext
from framecast.engine.strategies.deepspeed_strategy import DeepSpeedStrategy
from framecast.job.job import DeepSpeed, Training

PARAMETERS = 10_202


def megabytes_of_tensors() -> float:
    """The storage of all tensors that Python objects hold. What torch.compile keeps of shapes alone is none."""
    gc.collect()
    kinds = [(type(each), each) for each in gc.get_objects()]
    tensors = [each for kind, each in kinds if issubclass(kind, torch.Tensor) and not issubclass(kind, FakeTensor)]
    storages = [each.untyped_storage() for each in tensors if each.device.type == "cpu"]
    return sum({each.data_ptr(): each.nbytes() for each in storages}.values()) / 1e6


def run(stage: int, measure: Callable[[], float] | None = None) -> float:
    """Two steps; what `measure` says before the strategy is closed."""
    model = nn.Sequential(nn.Linear(100, 100), nn.Linear(100, 1), nn.Linear(1, 1, bias=False))
    assert sum(parameter.numel() for parameter in model.parameters()) == PARAMETERS
    strategy = DeepSpeedStrategy(
        model,
        torch.optim.Adam(model.parameters()),
        DistributedContext.single_process(torch.device("cpu")),
        "fp32",
        Training(strategy="deepspeed"),
        DeepSpeed(zero_stage=stage),
    )
    for _ in range(2):
        with strategy.micro_batch(last=True):
            strategy.backward(strategy.model(torch.ones(2, 100)).square().mean(), share=1.0)
        strategy.step(1e-3)
    taken = measure() if measure else 0.0
    strategy.close()
    return taken


@pytest.mark.parametrize("stage", [*(pytest.param(stage, marks=pytest.mark.slow) for stage in (0, 1, 2)), 3])
def test_a_small_model_takes_little_memory_and_gives_it_back(stage: int) -> None:
    before = megabytes_of_tensors()
    assert run(stage, megabytes_of_tensors) - before < 20
    after_first = megabytes_of_tensors()
    for _ in range(9):
        run(stage)
    assert megabytes_of_tensors() - after_first < 0.01


def test_a_process_that_trains_alone_leaves_its_process_group_at_the_end() -> None:
    if torch.distributed.is_initialized():  # of another test, which did not close its strategy
        deepspeed.comm.destroy_process_group()  # DeepSpeed's own references too
    run(1)
    assert not torch.distributed.is_initialized()
