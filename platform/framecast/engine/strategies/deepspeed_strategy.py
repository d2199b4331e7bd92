"""The `deepspeed` strategy: fp16 with dynamic loss scaling, bf16, and ZeRO 0 to 3."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import deepspeed
import torch
from torch import Tensor, nn

from framecast.engine.checkpoint.plain_state_adapter import PlainStateAdapter
from framecast.engine.checkpoint.training_state import StateAdapter, TrainingState
from framecast.engine.checkpoint.zero_state_adapter import ZeroStateAdapter
from framecast.engine.distributed_context import DistributedContext
from framecast.engine.strategies.deepspeed_configuration import deepspeed_configuration
from framecast.engine.strategies.deepspeed_process import (
    choose_accelerator,
    forget_models,
    join_process_group,
    leave_process_group,
)
from framecast.engine.strategies.loss_scale import ADVICE
from framecast.engine.strategies.strategy import StepResult
from framecast.errors import InputError, Problem, TrainingFailed
from framecast.job.deepspeed import DeepSpeed
from framecast.job.training import Training

# our words for what DeepSpeed's loss scaler keeps
_SCALER_WORDS = {
    "loss_scale": "cur_scale",
    "scaled_steps": "cur_iter",
    "last_overflow": "last_overflow_iter",
    "patience": "cur_hysteresis",
}


class DeepSpeedStrategy:
    """Hands the model and its torch optimizer to DeepSpeed, which steps them."""

    def __init__(
        self,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        distributed: DistributedContext,
        precision: str,
        training: Training,
        settings: DeepSpeed,
    ) -> None:
        self.precision = precision
        self._distributed = distributed
        self._accumulate = training.accumulate
        if precision == "fp16" and settings.zero_stage == 0:  # `auto` on a GPU without bf16
            raise InputError(Problem("fp16 needs ZeRO: write 1 or more", key="deepspeed.zero_stage"))
        _refuse_scalars(model, settings)
        deepspeed.logger.setLevel(logging.WARNING)
        choose_accelerator(distributed.device)
        self._own_group = join_process_group(distributed.device)
        parameters = sum(parameter.numel() for parameter in model.parameters())
        try:
            self._engine, *_ = deepspeed.initialize(
                model=model,
                optimizer=optimizer,
                config=deepspeed_configuration(training, settings, precision, parameters),
                dist_init_required=False,
            )
        except BaseException:
            self._leave_process()
            raise
        if self._engine.fp16_auto_cast():
            model.register_forward_pre_hook(_cast_keyword_inputs, with_kwargs=True)
        self._holder: StateAdapter = (
            ZeroStateAdapter(self._engine, distributed)
            if settings.zero_stage
            else PlainStateAdapter(model, self._engine.optimizer)
        )
        self._scaler = self._engine.optimizer.loss_scaler if precision == "fp16" else None

    @property
    def model(self) -> nn.Module:
        engine: nn.Module = self._engine
        return engine

    def autocast(self) -> AbstractContextManager[Any]:
        return nullcontext()  # the engine casts by itself

    def train(self, training: bool) -> None:
        self._engine.train(training)

    @contextmanager
    def micro_batch(self, last: bool) -> Iterator[None]:
        yield
        if not last:
            self._engine.step()  # not a boundary: counts the part, changes nothing

    def backward(self, loss: Tensor, share: float) -> None:
        # DeepSpeed averages over workers and accumulated parts: times their number makes it a sum
        self._engine.backward(loss * (share * self._distributed.size * self._accumulate))

    def step(self, learning_rate: float) -> StepResult:
        for group in self._engine.optimizer.param_groups:
            group["lr"] = learning_rate
        scale = self._loss_scale
        skipped_before = self._engine.skipped_steps
        try:
            self._engine.step()
        except Exception as error:
            if "loss scale already at minimum" not in str(error):  # DeepSpeed has no type for it
                raise
            message = "fp16 overflows at the lowest loss scale: the gradients are not finite"
            raise TrainingFailed(f"{message}. {ADVICE}") from None
        norm = self._engine.get_global_grad_norm()
        return StepResult(
            gradient_norm=norm if norm is None or isinstance(norm, Tensor) else float(norm),
            loss_scale=scale,
            next_loss_scale=self._loss_scale,
            skipped=self._engine.skipped_steps > skipped_before,
        )

    def close(self) -> None:
        self._engine.destroy()
        self._leave_process()

    def _leave_process(self) -> None:
        forget_models()
        if self._own_group:
            leave_process_group()

    @property
    def _loss_scale(self) -> float | None:
        return float(self._scaler.cur_scale) if self._scaler else None

    def state(self) -> TrainingState | None:
        numbers = {word: getattr(self._scaler, key) for word, key in _SCALER_WORDS.items() if self._scaler}
        return TrainingState.gather(self._holder, self._engine.module, numbers, self._distributed.is_rank_zero)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        # at ZeRO 3 a parameter itself is empty, and says what it is in full
        named = self._engine.module.named_parameters()
        return {name: tuple(getattr(parameter, "ds_shape", parameter.shape)) for name, parameter in named}

    def load(self, state: TrainingState) -> None:
        state.load_into(self._holder, self._engine.module)
        for word, key in _SCALER_WORDS.items() if self._scaler else ():
            if word in state.numbers:
                setattr(self._scaler, key, state.numbers[word])


def _refuse_scalars(model: nn.Module, settings: DeepSpeed) -> None:
    """ZeRO's own message for them is about something else."""
    scalars = [name for name, parameter in model.named_parameters() if not parameter.dim()]
    if scalars and settings.zero_stage:
        message = (
            f"ZeRO cannot share out a parameter without dimensions, and the model has {', '.join(scalars)}: "
            "write it with shape (1,), or set deepspeed.zero_stage=0"
        )
        raise InputError(Problem(message, key="model"))


def _cast_keyword_inputs(
    module: nn.Module, inputs: tuple[Any, ...], keywords: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Brings `truth` to the number format of `frames`: DeepSpeed's `auto_cast` casts positional inputs alone."""
    return inputs, {
        name: value.half() if isinstance(value, Tensor) and value.is_floating_point() else value
        for name, value in keywords.items()
    }
