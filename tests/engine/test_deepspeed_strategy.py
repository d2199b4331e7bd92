"""DeepSpeed's fp16: dynamic loss scaling, as far as a CPU can show it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from framecast.engine.deepspeed_strategy import DeepSpeedStrategy
from framecast.engine.world import World
from framecast.errors import InputError, TrainingFailed
from framecast.job.plan import Plan


@pytest.fixture
def fp16_on_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """DeepSpeed refuses fp16 on CPUs without native support; the arithmetic itself works, only slowly."""
    from deepspeed.accelerator import get_accelerator

    monkeypatch.setattr(type(get_accelerator()), "is_fp16_supported", lambda self: True)


def strategy_for(plan: Plan, stage: int) -> tuple[DeepSpeedStrategy, nn.Linear]:
    torch.manual_seed(0)
    model = nn.Linear(4, 1, bias=False)
    world = World.alone(torch.device("cpu"))
    settings = plan.job.deepspeed.model_copy(update={"zero_stage": stage})
    optimizer = torch.optim.Adam(model.parameters(), 0.1)
    return DeepSpeedStrategy(model, optimizer, world, "fp16", plan.job.training, settings), model


def stepped(strategy: DeepSpeedStrategy, factor: float = 1.0) -> tuple[bool, float | None]:
    with strategy.micro_batch(last=True):
        loss = (strategy.model(torch.ones(2, 4)) * factor + 1).float().square().mean()
        strategy.backward(loss, share=1.0)
    result = strategy.step(0.1)
    return result.skipped, result.loss_scale


@pytest.mark.usefixtures("fp16_on_cpu")
@pytest.mark.parametrize("stage", [1, 2])
def test_an_overflow_skips_the_step_and_lowers_the_loss_scale(tiny_plan: Callable[..., Plan], stage: int) -> None:
    strategy, _ = strategy_for(tiny_plan(), stage)
    before = {name: value.clone() for name, value in strategy.weights().items()}
    scales = []
    for _ in range(40):  # the scale starts at its highest and halves until gradients fit
        skipped, scale = stepped(strategy, factor=200.0)
        scales.append(scale)
        if not skipped:
            break
        assert all(value.equal(before[name]) for name, value in strategy.weights().items())
    assert len(scales) > 1, "no step overflowed"
    assert not skipped
    assert scales[-1] < scales[0]
    assert not all(value.equal(before[name]) for name, value in strategy.weights().items())


@pytest.mark.usefixtures("fp16_on_cpu")
def test_the_loss_scale_survives_a_checkpoint(tiny_plan: Callable[..., Plan], tmp_path: Path) -> None:
    strategy, _ = strategy_for(tiny_plan(), 1)
    while stepped(strategy, factor=200.0)[0]:
        pass
    strategy.save(tmp_path)
    scale = stepped(strategy)[1]

    other, _ = strategy_for(tiny_plan(), 1)
    other.load(tmp_path)
    assert stepped(other)[1] == scale
    assert all(value.equal(other.weights()[name]) for name, value in strategy.weights().items())


@pytest.mark.usefixtures("fp16_on_cpu")
def test_weights_are_the_fp32_masters(tiny_plan: Callable[..., Plan]) -> None:
    strategy, _ = strategy_for(tiny_plan(), 1)
    while stepped(strategy)[0]:
        pass
    (weight,) = strategy.weights().values()
    assert weight.dtype == torch.float32
    assert not weight.equal(weight.half().float())  # more digits than fp16 has


def test_fp16_without_zero_is_refused_for_deepspeed_would_not_scale_its_losses(
    tiny_plan: Callable[..., Plan],
) -> None:
    with pytest.raises(InputError, match=r"deepspeed\.zero_stage: DeepSpeed does not scale fp16 losses"):
        tiny_plan(training={"strategy": "deepspeed", "precision": "fp16"}, deepspeed={"zero_stage": 0})


@pytest.mark.usefixtures("fp16_on_cpu")
def test_overflow_without_end_stops_the_run_with_advice(tiny_plan: Callable[..., Plan]) -> None:
    strategy, _ = strategy_for(tiny_plan(), 1)
    with pytest.raises(TrainingFailed, match=r"training\.precision=bf16"):
        [stepped(strategy, factor=float("inf")) for _ in range(100)]
