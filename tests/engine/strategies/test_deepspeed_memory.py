"""What DeepSpeed takes of the memory, and gives back, where several runs follow each other in one process."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import deepspeed
import pytest
import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensor

from framecast.engine.distributed_context import DistributedContext
from framecast.engine.strategies.deepspeed_strategy import DeepSpeedStrategy
from framecast.engine.train import train
from framecast.job.deepspeed import DeepSpeed
from framecast.job.document import Document
from framecast.job.resolve import make_plan
from framecast.job.training import Training
from framecast.launch.launch import create_run
from framecast.registry.registry import Registry

PARAMETERS = 10_202

_UNREADY = """
import dataclasses

import framecast


@framecast.hookimpl
def framecast_datasets():
    from framecast_moving_mnist import framecast_datasets

    (mnist,) = framecast_datasets()

    def data(settings, split, frames):
        clips = mnist.build(settings, split, frames)

        class Unready(type(clips)):
            @property
            def normalisation(self):
                raise RuntimeError("the statistics are lost")

        clips.__class__ = Unready
        return clips

    yield dataclasses.replace(mnist, name="unready", build=data)
"""


def megabytes_of_tensors() -> float:
    """The storage of all tensors that Python objects hold. What torch.compile keeps of shapes alone is none."""
    gc.collect()
    kinds = [(type(each), each) for each in gc.get_objects()]
    tensors = [each for kind, each in kinds if issubclass(kind, torch.Tensor) and not issubclass(kind, FakeTensor)]
    storages = [each.untyped_storage() for each in tensors if each.device.type == "cpu"]
    return sum({each.data_ptr(): each.nbytes() for each in storages}.values()) / 1e6


def built(model: nn.Module, stage: int) -> DeepSpeedStrategy:
    return DeepSpeedStrategy(
        model,
        torch.optim.Adam(model.parameters()),
        DistributedContext.single_process(torch.device("cpu")),
        "fp32",
        Training(strategy="deepspeed"),
        DeepSpeed(zero_stage=stage),
    )


def run(stage: int, measure: Callable[[], float] | None = None) -> float:
    """Two steps; what `measure` says before the strategy is closed."""
    model = nn.Sequential(nn.Linear(100, 100), nn.Linear(100, 1), nn.Linear(1, 1, bias=False))
    assert sum(parameter.numel() for parameter in model.parameters()) == PARAMETERS
    strategy = built(model, stage)
    for _ in range(2):
        with strategy.micro_batch(last=True):
            strategy.backward(strategy.model(torch.ones(2, 100)).square().mean(), share=1.0)
        strategy.step(1e-3)
    taken = measure() if measure else 0.0
    strategy.close()
    return taken


@pytest.mark.slow
@pytest.mark.parametrize("stage", [0, 1, 2, 3])
def test_a_small_model_takes_little_memory_and_gives_it_back(stage: int) -> None:
    before = megabytes_of_tensors()
    assert run(stage, megabytes_of_tensors) - before < 20
    after_first = megabytes_of_tensors()
    for _ in range(9):
        run(stage)
    assert megabytes_of_tensors() - after_first < 0.01


@pytest.fixture
def no_process_group() -> None:
    if torch.distributed.is_initialized():  # of another test, which did not close its strategy
        deepspeed.comm.destroy_process_group()  # DeepSpeed's own references too


@pytest.mark.usefixtures("no_process_group")
def test_a_process_that_trains_alone_leaves_its_process_group_at_the_end() -> None:
    run(1)
    assert not torch.distributed.is_initialized()


class Immovable(nn.Linear):
    """A model of which no copy fits on the device."""

    def to(self, *arguments: object, **keywords: object) -> NoReturn:
        raise RuntimeError("there is no room")


@pytest.mark.usefixtures("no_process_group")
def test_a_strategy_that_cannot_be_built_leaves_its_process_group() -> None:
    with pytest.raises(RuntimeError, match="there is no room"):
        built(Immovable(2, 1), 1)
    assert not torch.distributed.is_initialized()


@pytest.mark.usefixtures("no_process_group")
def test_a_run_that_cannot_begin_leaves_its_process_group(
    tiny_job: Callable[..., dict[str, Any]], runs: Path, tmp_path: Path
) -> None:
    """Its data fail after the strategy was built."""
    plugin = tmp_path / "unready.py"
    plugin.write_text(_UNREADY)
    job = tiny_job(training={"strategy": "deepspeed"}, deepspeed={"zero_stage": 1})
    job["data"] |= {"name": "unready"}
    plan = make_plan(Document.from_data(job), Registry.discover([str(plugin)]))
    folder = create_run(plan, Document.from_data({}), runs)
    with pytest.raises(RuntimeError, match="statistics are lost"):
        train(plan, folder, DistributedContext.single_process(torch.device("cpu")))
    assert not torch.distributed.is_initialized()
