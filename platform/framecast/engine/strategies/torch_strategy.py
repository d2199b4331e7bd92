"""The `torch` strategy: DistributedDataParallel and autocast, nothing else."""

from __future__ import annotations

import math
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from framecast.engine.checkpoint.plain_state_adapter import PlainStateAdapter
from framecast.engine.checkpoint.training_state import TrainingState
from framecast.engine.distributed_context import DistributedContext
from framecast.engine.strategies.precision import AUTOCAST_DTYPES
from framecast.engine.strategies.strategy import StepResult
from framecast.job.training import Training

# our words for what GradScaler keeps
_SCALER_WORDS = {"loss_scale": "scale", "steps_without_overflow": "_growth_tracker"}


class TorchStrategy:
    """For machines without DeepSpeed, for pdb, and as the check that both strategies give the same losses."""

    def __init__(
        self,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        distributed: DistributedContext,
        precision: str,
        training: Training,
    ) -> None:
        self.precision = precision
        self._module = model
        self._optimizer = optimizer
        self._holder = PlainStateAdapter(model, optimizer)
        self._distributed = distributed
        self._clipping = training.gradient_clipping
        self._scaler = torch.amp.GradScaler(
            distributed.device.type,
            init_scale=2.0**training.initial_scale_power,
            enabled=precision == "fp16",
        )
        self._parallel = DistributedDataParallel(model) if distributed.size > 1 else None
        self._training = True

    @property
    def model(self) -> nn.Module:
        # ranks evaluate on their own: DDP's forward could wait for one that is done
        return self._parallel if self._parallel is not None and self._training else self._module

    def autocast(self) -> AbstractContextManager[Any]:
        if self.precision not in AUTOCAST_DTYPES:
            return nullcontext()
        return torch.autocast(self._distributed.device.type, AUTOCAST_DTYPES[self.precision])

    def train(self, training: bool) -> None:
        self._training = training
        self._module.train(training)

    def micro_batch(self, last: bool) -> AbstractContextManager[Any]:
        # DDP decides in the forward pass whether the backward pass exchanges gradients
        return nullcontext() if last or self._parallel is None else self._parallel.no_sync()

    def backward(self, loss: Tensor, share: float) -> None:
        # DDP averages over workers: times their number makes it the sum of the weighted losses
        self._scaler.scale(loss * (share * self._distributed.size)).backward()

    def step(self, learning_rate: float) -> StepResult:
        for group in self._optimizer.param_groups:
            group["lr"] = learning_rate
        self._scaler.unscale_(self._optimizer)
        limit = math.inf if self._clipping is None else self._clipping
        norm = nn.utils.clip_grad_norm_(self._module.parameters(), limit)
        scale_before = self._scaler.get_scale()
        self._scaler.step(self._optimizer)
        self._scaler.update()
        self._optimizer.zero_grad(set_to_none=True)
        if not self._scaler.is_enabled():
            return StepResult(norm)  # the loop reads it together with the loss
        return StepResult(norm, scale_before, self._scaler.get_scale(), not math.isfinite(norm))

    def state(self) -> TrainingState | None:
        scaler = self._scaler.state_dict()  # empty without fp16
        numbers = {word: scaler[key] for word, key in _SCALER_WORDS.items() if key in scaler}
        return TrainingState.gather(self._holder, self._module, numbers, self._distributed.is_rank_zero)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {name: tuple(parameter.shape) for name, parameter in self._module.named_parameters()}

    def load(self, state: TrainingState) -> None:
        state.load_into(self._holder, self._module)
        found = {key: state.numbers[word] for word, key in _SCALER_WORDS.items() if word in state.numbers}
        if self._scaler.is_enabled():
            self._scaler.load_state_dict({**self._scaler.state_dict(), **found})

    def close(self) -> None:
        self._parallel = None  # DDP's reducer holds buckets of gradients
