"""A training state over the disk and into another strategy: buffers, frozen and tied parameters too."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from torch import nn

from framecast.engine.checkpoint.training_state import TrainingState
from framecast.engine.distributed_context import DistributedContext
from framecast.engine.strategies.deepspeed_strategy import DeepSpeedStrategy
from framecast.engine.strategies.strategy import Strategy
from framecast.engine.strategies.torch_strategy import TorchStrategy
from framecast.job.deepspeed import DeepSpeed
from framecast.job.plan import Plan


class Awkward(nn.Module):
    """What plain networks do not have: statistics, a buffer made anew, a frozen and a tied parameter."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.norm, self.last = nn.Linear(4, 5), nn.BatchNorm1d(5), nn.Linear(5, 4)
        self.again = self.first
        self.first.bias.requires_grad_(False)
        self.register_buffer("made_anew", torch.zeros(2), persistent=False)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return self.last(self.norm(self.again(values)))


def made(plan: Plan, stage: int | None, seed: int = 0) -> Strategy:
    """The torch strategy, or DeepSpeed's at a ZeRO stage."""
    torch.manual_seed(seed)
    model = Awkward()
    optimizer = torch.optim.Adam([each for each in model.parameters() if each.requires_grad], 0.1)
    distributed, training = DistributedContext.single_process(torch.device("cpu")), plan.job.training
    if stage is None:
        return TorchStrategy(model, optimizer, distributed, "fp32", training)
    return DeepSpeedStrategy(model, optimizer, distributed, "fp32", training, DeepSpeed(zero_stage=stage))


def stepped(strategy: Strategy) -> None:
    with strategy.micro_batch(last=True):
        values = torch.linspace(-1, 1, 24).reshape(6, 4).square()
        strategy.backward((strategy.model(values) - values).square().mean(), share=1.0)
    strategy.step(0.1)


def state_of(strategy: Strategy) -> TrainingState:
    state = strategy.state()
    assert state is not None
    return state


def equal(one: TrainingState, other: TrainingState) -> None:
    for left, right in ((one.weights, other.weights), (one.optimizer, other.optimizer)):
        assert left.keys() == right.keys()
        assert all(torch.equal(left[name], right[name]) for name in left)


@pytest.mark.parametrize("stage", [None, 0, 1, 2, 3])
def test_a_state_goes_over_the_disk_into_a_fresh_strategy(
    tiny_plan: Callable[..., Plan], stage: int | None, tmp_path: Path
) -> None:
    strategy = made(tiny_plan(), stage)
    for _ in range(3):
        stepped(strategy)
    state_of(strategy).write(tmp_path)
    fresh = made(tiny_plan(), stage, seed=1)
    fresh.load(TrainingState.read(tmp_path, {}))
    equal(state_of(fresh), state_of(strategy))
    for each in (fresh, strategy):
        stepped(each)
    equal(state_of(fresh), state_of(strategy))


def test_its_names_are_the_models_own(tiny_plan: Callable[..., Plan]) -> None:
    states = []
    for stage in (None, 0, 1, 3):
        strategy = made(tiny_plan(), stage)
        assert not state_of(strategy).optimizer  # before the first step
        stepped(strategy)
        states.append(state_of(strategy))
    for one, other in pairwise(states):
        assert one.weights.keys() == other.weights.keys() == Awkward().state_dict().keys()
        assert one.optimizer.keys() == other.optimizer.keys()
    assert {"exp_avg/first.weight", "exp_avg_sq/last.bias", "step/norm.weight"} <= states[0].optimizer.keys()


def test_a_state_from_before_the_first_step_is_one_too(tiny_plan: Callable[..., Plan]) -> None:
    for stage in (None, 1, 3):
        strategy = made(tiny_plan(), stage)
        start = state_of(strategy)
        stepped(strategy)
        once = state_of(strategy)
        strategy.load(start)
        equal(state_of(strategy), start)
        stepped(strategy)
        equal(state_of(strategy), once)
