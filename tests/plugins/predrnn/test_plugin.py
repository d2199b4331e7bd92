"""The declaration: what the platform gets to see, and that it can train it, weights shared out or not."""

from typing import Any

import pytest
import torch

import framecast
from framecast.engine.distributed_context import DistributedContext
from framecast.engine.train import train
from framecast.errors import InputError
from framecast.job.document import Document
from framecast.job.resolve import make_plan
from framecast.launch.launch import create_run
from framecast.plugin.events import RunFinished, StepDone
from framecast.registry.registry import Registry
from framecast_predrnn import framecast_models

(MODEL,) = framecast_models()
SMALL = {"name": "predrnn", "hidden_channels": [4, 3], "kernel_size": 3}


def test_the_name_builds_what_the_cost_counts():
    settings, colour = MODEL.settings(hidden_channels=[2, 3]), framecast.SampleShape(20, 3, 8, 8)

    network: Any = MODEL.build(settings, colour)

    assert MODEL.name == "predrnn"
    assert network(torch.rand(1, 2, 3, 8, 8), 2).shape == (1, 3, 3, 8, 8)
    assert MODEL.cost(settings, colour).parameters == sum(value.numel() for value in network.parameters())


@pytest.fixture
def plan_of(tiny_job):
    """The tiny job's plan, with a small model of this plugin."""

    def plan(model=(), **sections):
        job = {**tiny_job(**sections), "model": {**SMALL, **dict(model)}}
        return make_plan(Document.from_data(job), Registry.discover())

    return plan


def test_a_job_whose_patches_do_not_fit_is_refused_before_it_starts(plan_of):
    with pytest.raises(
        InputError, match=r"patch_size \(3\) does not divide frames of 16x16: set it to 4, or null"
    ):
        plan_of({"patch_size": 3})


@pytest.mark.parametrize("stage", [0, 3])
def test_deepspeed_trains_it_as_torch_does(plan_of, tmp_path, stage):
    torch.set_num_threads(1)

    def losses(strategy, **sections):
        plan = plan_of(training={"max_steps": 3, "strategy": strategy}, **sections)
        run = create_run(plan, Document.from_data({}), tmp_path / strategy)
        train(plan, run, DistributedContext.single_process(torch.device("cpu")))
        events = run.journal.read()
        assert isinstance(events[-1], RunFinished)
        return [event.loss for event in events if isinstance(event, StepDone)]

    plain, shared = losses("torch"), losses("deepspeed", deepspeed={"zero_stage": stage})

    assert len(plain) == 3
    assert shared == pytest.approx(plain, rel=1e-5)
