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
from framecast_simvp import framecast_models

(MODEL,) = framecast_models()
SMALL: dict[str, Any] = {
    "name": "simvp",
    "frames_in": 2,
    "spatial_channels": 4,
    "temporal_channels": 16,
    "temporal_layers": 2,
    "inception_kernels": [3, 5],
    "groups": 2,
}


def test_the_name_builds_what_the_cost_counts():
    small = {key: value for key, value in SMALL.items() if key != "name"}
    settings, colour = MODEL.settings(**small), framecast.SampleShape(20, 3, 8, 8)

    network: Any = MODEL.build(settings, colour)

    assert MODEL.name == "simvp"
    assert network(torch.rand(1, 2, 3, 8, 8), 2).shape == (1, 2, 3, 8, 8)
    assert MODEL.cost(settings, colour).parameters == sum(value.numel() for value in network.parameters())


@pytest.fixture
def plan_of(tiny_job):
    """The tiny job's plan, with a small model of this plugin."""

    def plan(model=(), **sections):
        job = {**tiny_job(**sections), "model": {**SMALL, **dict(model)}}
        return make_plan(Document.from_data(job), Registry.discover())

    return plan


@pytest.mark.parametrize(
    ("wrong", "numbers"),
    [
        ({"spatial_channels": 3}, "spatial_channels is 3"),
        ({"temporal_channels": 18}, "temporal_channels is 18, groups is 2"),
        (
            {"frames_in": 1, "spatial_channels": 6, "groups": 4},
            "frames_in is 1, spatial_channels is 6, groups is 4",
        ),
    ],
)
def test_a_job_whose_channels_do_not_divide_is_refused_before_it_starts(plan_of, wrong, numbers):
    with pytest.raises(InputError, match=numbers):
        plan_of(wrong)


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
