"""DeepSpeed's fp16: dynamic loss scaling, as far as a CPU can show it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from framecast.engine.checkpoint.training_state import TrainingState
from framecast.engine.distributed_context import DistributedContext
from framecast.engine.strategies.deepspeed_strategy import DeepSpeedStrategy
from framecast.engine.strategies.loss_scale import LossScaleMonitor
from framecast.engine.strategies.strategy import StepResult
from framecast.errors import InputError, TrainingFailed
from framecast.job.deepspeed import DeepSpeed
from framecast.job.plan import Plan


@pytest.fixture
def fp16_on_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """DeepSpeed refuses fp16 on CPUs without native support; the arithmetic itself works, only slowly."""
    from deepspeed.accelerator import get_accelerator

    monkeypatch.setattr(type(get_accelerator()), "is_fp16_supported", lambda self: True)


def strategy_for(plan: Plan, stage: int) -> tuple[DeepSpeedStrategy, nn.Linear]:
    torch.manual_seed(0)
    model = nn.Linear(4, 1, bias=False)
    distributed = DistributedContext.single_process(torch.device("cpu"))
    settings = plan.job.deepspeed.model_copy(update={"zero_stage": stage})
    optimizer = torch.optim.Adam(model.parameters(), 0.1)
    return DeepSpeedStrategy(model, optimizer, distributed, "fp16", plan.job.training, settings), model


def weights(strategy: DeepSpeedStrategy) -> dict[str, torch.Tensor]:
    state = strategy.state()
    assert state is not None
    return state.weights


def stepped(strategy: DeepSpeedStrategy, factor: float = 1.0) -> StepResult:
    with strategy.micro_batch(last=True):
        loss = (strategy.model(torch.ones(2, 4)) * factor + 1).float().square().mean()
        strategy.backward(loss, share=1.0)
    return strategy.step(0.1)


@pytest.mark.usefixtures("fp16_on_cpu")
@pytest.mark.parametrize("stage", [1, 2])
def test_an_overflow_skips_the_step_and_lowers_the_loss_scale(tiny_plan: Callable[..., Plan], stage: int) -> None:
    strategy, _ = strategy_for(tiny_plan(), stage)
    before = weights(strategy)
    watch, told = LossScaleMonitor(), []
    for step in range(1, 41):  # the scale starts at its highest and halves until gradients fit
        result = stepped(strategy, factor=200.0)
        told.append(watch.notice(step, result))
        if not result.skipped:
            break
        assert all(value.equal(before[name]) for name, value in weights(strategy).items())
    assert told[:2] == [  # DeepSpeed forgives the first overflow after a change
        "fp16 overflow at step 1: step skipped, loss scale 16,777,216 -> 16,777,216; 1 overflow so far",
        "fp16 overflow at step 2: step skipped, loss scale 16,777,216 -> 8,388,608; 2 overflows so far",
    ]
    assert not result.skipped
    assert result.loss_scale is not None
    assert result.loss_scale < 2**24
    assert not all(value.equal(before[name]) for name, value in weights(strategy).items())


@pytest.mark.usefixtures("fp16_on_cpu")
@pytest.mark.parametrize("stage", [1, 2, 3])
def test_the_loss_scale_survives_a_checkpoint(tiny_plan: Callable[..., Plan], tmp_path: Path, stage: int) -> None:
    strategy, _ = strategy_for(tiny_plan(), stage)
    while stepped(strategy, factor=20.0).skipped:
        pass
    saved = strategy.state()
    assert saved is not None
    saved.write(tmp_path)
    stepped(strategy, factor=1e30)  # one more overflow, which the checkpoint does not know of
    strategy.load(saved)
    scale = stepped(strategy).loss_scale

    other, _ = strategy_for(tiny_plan(), stage)
    other.load(TrainingState.read(tmp_path, saved.numbers))
    assert stepped(other).loss_scale == scale
    assert all(value.equal(weights(other)[name]) for name, value in weights(strategy).items())
    assert strategy.state().numbers == other.state().numbers


@pytest.mark.usefixtures("fp16_on_cpu")
def test_weights_are_the_fp32_masters(tiny_plan: Callable[..., Plan]) -> None:
    strategy, _ = strategy_for(tiny_plan(), 1)
    while stepped(strategy).skipped:
        pass
    (weight,) = weights(strategy).values()
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


@pytest.mark.parametrize(("stage", "offload"), [(1, "optimizer"), (2, "optimizer"), (3, "optimizer"), (3, "all")])
def test_offloading_changes_where_things_lie_and_not_what_is_learnt(
    tiny_plan: Callable[..., Plan], stage: int, offload: str
) -> None:
    def after_steps(offload: str) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
        torch.manual_seed(0)
        model = nn.Linear(4, 3)
        model.bias.requires_grad_(False)
        settings = DeepSpeed(zero_stage=stage, offload=offload)  # type: ignore[arg-type]
        optimizer = torch.optim.Adam([model.weight], 0.1)
        distributed = DistributedContext.single_process(torch.device("cpu"))
        strategy = DeepSpeedStrategy(model, optimizer, distributed, "fp32", tiny_plan().job.training, settings)
        for _ in range(3):
            stepped(strategy)
        state = strategy.state()
        assert state is not None
        stepped(strategy)
        after = weights(strategy)
        strategy.load(state)
        stepped(strategy)
        assert all(value.equal(after[name]) for name, value in weights(strategy).items())
        return after, state.optimizer

    for without, with_offload in zip(after_steps("none"), after_steps(offload), strict=True):
        assert without.keys() == with_offload.keys()
        for name, value in without.items():
            torch.testing.assert_close(with_offload[name], value)


def test_a_parameter_without_dimensions_is_refused_for_zero_cannot_share_it_out(
    tiny_plan: Callable[..., Plan],
) -> None:
    model = nn.Linear(4, 1)
    model.temperature = nn.Parameter(torch.ones(()))
    distributed = DistributedContext.single_process(torch.device("cpu"))
    optimizer = torch.optim.Adam(model.parameters())
    with pytest.raises(InputError, match=r"temperature: write it with shape \(1,\)"):
        DeepSpeedStrategy(model, optimizer, distributed, "fp32", tiny_plan().job.training, DeepSpeed(zero_stage=1))


class Blend(nn.Module):
    """Joins frames and truth before its weights, as models do that feed true frames back."""

    def __init__(self) -> None:
        super().__init__()
        self.next = nn.Linear(8, 1)

    def forward(self, frames: torch.Tensor, *, truth: torch.Tensor, keep_truth: torch.Tensor) -> torch.Tensor:
        assert keep_truth.dtype == torch.bool
        return self.next(torch.cat([frames, truth], 1))


@pytest.mark.usefixtures("fp16_on_cpu")
def test_inputs_by_keyword_are_cast_as_positional_ones(tiny_plan: Callable[..., Plan]) -> None:
    plan, model = tiny_plan(), Blend()
    settings = plan.job.deepspeed.model_copy(update={"zero_stage": 1})
    optimizer, distributed = (
        torch.optim.Adam(model.parameters(), 0.1),
        DistributedContext.single_process(torch.device("cpu")),
    )
    strategy = DeepSpeedStrategy(model, optimizer, distributed, "fp16", plan.job.training, settings)
    answer = strategy.model(torch.ones(2, 4), truth=torch.ones(2, 4), keep_truth=torch.ones(2, dtype=torch.bool))
    assert answer.dtype == torch.float16
