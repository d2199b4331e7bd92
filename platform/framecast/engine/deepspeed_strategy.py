"""The `deepspeed` strategy: fp16 with dynamic loss scaling, bf16, and ZeRO 0 to 3."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import deepspeed
import torch
from deepspeed.runtime.checkpoint_engine.torch_checkpoint_engine import TorchCheckpointEngine
from deepspeed.runtime.fp16.loss_scaler import DynamicLossScaler, LossScaler
from deepspeed.runtime.zero.config import ZeroStageEnum
from deepspeed.utils import safe_get_full_fp32_param
from deepspeed.utils.tensor_fragment import fragment_address
from torch import Tensor, nn

from framecast.engine.strategy import StepResult
from framecast.engine.world import World
from framecast.errors import InputError, Problem, TrainingFailed
from framecast.job.job import DeepSpeed, Training

_TAG = "deepspeed"
# what DeepSpeed's checkpoints hold beside tensors and plain values
_SAFE_TYPES = [DynamicLossScaler, LossScaler, ZeroStageEnum, fragment_address, set, torch.Size]


class DeepSpeedStrategy:
    """Hands the model and its torch optimizer to DeepSpeed, which steps them."""

    def __init__(
        self,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        world: World,
        precision: str,
        training: Training,
        settings: DeepSpeed,
    ) -> None:
        self.precision = precision
        self._world = world
        self._accumulate = training.accumulate
        if precision == "fp16" and settings.zero_stage == 0:  # `auto` on a GPU without bf16
            raise InputError(Problem("fp16 needs ZeRO: write 1 or more", key="deepspeed.zero_stage"))
        deepspeed.logger.setLevel(logging.WARNING)
        _join_deepspeed(world)
        self._engine, *_ = deepspeed.initialize(
            model=model,
            optimizer=optimizer,
            config=_configuration(training, settings, precision),
            dist_init_required=False,
        )
        self._engine.checkpoint_engine = _SafeCheckpointEngine()

    @property
    def model(self) -> nn.Module:
        return self._engine

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
        self._engine.backward(loss * (share * self._world.size * self._accumulate))

    def step(self, learning_rate: float) -> StepResult:
        for group in self._engine.optimizer.param_groups:
            group["lr"] = learning_rate
        scale = float(self._engine.optimizer.loss_scale) if self.precision == "fp16" else None
        skipped_before = self._engine.skipped_steps
        try:
            self._engine.step()
        except Exception as error:
            if "loss scale already at minimum" not in str(error):  # DeepSpeed has no type for it
                raise
            message = "fp16 overflows at the lowest loss scale: the gradients are not finite"
            raise TrainingFailed(f"{message}; try training.precision=bf16 or fp32") from None
        norm = self._engine.get_global_grad_norm()
        return StepResult(
            None if norm is None else float(norm), scale, self._engine.skipped_steps > skipped_before
        )

    def weights(self) -> dict[str, Tensor]:
        module = self._engine.module
        values = {name: value.detach().float().cpu() for name, value in module.named_buffers()}
        for name, parameter in module.named_parameters():
            full = safe_get_full_fp32_param(parameter) if self._keeps_masters else None
            values[name] = (parameter if full is None else full).detach().float().cpu()
        return {name: values[name] for name in module.state_dict() if name in values}

    def save(self, folder: Path) -> None:
        self._engine.save_checkpoint(str(folder), tag=_TAG, save_latest=False)

    def load(self, folder: Path) -> None:
        path, _ = self._engine.load_checkpoint(str(folder), tag=_TAG)
        if path is None:
            raise RuntimeError(f"DeepSpeed found no checkpoint in {folder}")

    @property
    def _keeps_masters(self) -> bool:
        """Whether fp32 weights lie elsewhere than in the module: shared out by ZeRO, or beside fp16 ones."""
        return self._engine.zero_optimization_stage() == 3 or self.precision == "fp16"


class _SafeCheckpointEngine(TorchCheckpointEngine):
    """DeepSpeed's own reader unpickles anything; this one takes tensors, plain values and a few known types."""

    def load(self, path: str, map_location: Any = None) -> Any:
        with torch.serialization.safe_globals(_SAFE_TYPES):
            return torch.load(path, map_location=map_location, weights_only=True)


def _configuration(training: Training, settings: DeepSpeed, precision: str) -> dict[str, Any]:
    shares = training.accumulate  # the micro batch is bookkeeping to DeepSpeed; the loop sizes the real ones
    configuration: dict[str, Any] = {
        "train_micro_batch_size_per_gpu": max(1, training.batch_size // shares),
        "gradient_accumulation_steps": training.accumulate,
        "gradient_clipping": training.gradient_clipping or 0.0,
        "zero_optimization": {"stage": settings.zero_stage},
        "zero_allow_untested_optimizer": True,
        "steps_per_print": 2**31,
    }
    if precision == "fp16":
        configuration["fp16"] = {"enabled": True, "auto_cast": True, "loss_scale": 0}
    elif precision == "bf16":  # autocast keeps fp32 parameters, which bf16's 8 bits of mantissa need
        configuration["torch_autocast"] = {"enabled": True, "dtype": "bfloat16"}
    return _merged(configuration, settings.extra)


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    result = dict(below)
    for key, value in above.items():
        inner = result.get(key)
        result[key] = _merged(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return result


def _join_deepspeed(world: World) -> None:
    """Has DeepSpeed use the process group that is there; one process alone makes itself one."""
    if world.device.type == "cpu":
        # else it compiles a shared-memory operator for two minutes; plain gloo serves as well
        deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False
    backend = "nccl" if world.device.type == "cuda" else "gloo"
    if not torch.distributed.is_initialized():
        os.environ.setdefault("LOCAL_RANK", "0")  # where a launcher would have set it
        store = torch.distributed.HashStore()  # type: ignore[attr-defined]
        torch.distributed.init_process_group(backend, store=store, rank=0, world_size=1)
    deepspeed.init_distributed(dist_backend=backend, auto_mpi_discovery=False, verbose=False)
