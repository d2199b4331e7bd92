"""From the plan to the objects that train: every plugin built, on its device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from framecast.engine.data_loading.batches import Batches
from framecast.engine.distributed_context import DistributedContext
from framecast.engine.optimizer import build_optimizer
from framecast.engine.refusal import share_refusals
from framecast.engine.strategies.precision import resolved_precision
from framecast.engine.strategies.strategy import Strategy
from framecast.errors import InputError
from framecast.job.job import Job
from framecast.job.plan import Plan
from framecast.job.readiness import NO_VALIDATION, no_full_batch
from framecast.plugin.protocols.training_task import TrainingTask


@dataclass(frozen=True)
class Components:
    """What the loop works with. `strategy` is None for a model without parameters: nothing to train."""

    task: TrainingTask
    model: nn.Module
    strategy: Strategy | None
    training: Batches
    validation: Batches
    baselines: dict[str, nn.Module]
    parameters: int

    @property
    def precision(self) -> str:
        """The number format in which the model is trained."""
        return self.strategy.precision if self.strategy else "fp32"

    def close(self) -> None:
        """Frees what would outlive the run: another one may follow in this process."""
        if self.strategy:
            self.strategy.close()


def assemble(
    plan: Plan, distributed: DistributedContext, begin_phase: Callable[[str], None] = lambda phase: None
) -> Components:
    """Builds the plan's parts, and says which before it does. Raises InputError, on every process, where the data
    are too few for one batch or one process's plugin refuses its settings."""
    job = plan.job
    with share_refusals(distributed):
        begin_phase("building the model")
        torch.manual_seed(job.training.seed)  # the first weights, the same on every process
        model = plan.model.build(plan.sample_shape).to(distributed.device)
        if job.training.activation_checkpointing == "layers":
            setattr(model, "activation_checkpointing", True)  # noqa: B010  of this name in any module that declares it
        begin_phase("reading the data")
        sizes = {
            "train": job.training.batch_size,
            "validation": job.training.clips_evaluated_at_once(distributed.size),
        }
        training, validation = (
            Batches(plan.data.build(split, plan.frames), size, distributed, job.compute.data_processes)
            for split, size in sizes.items()
        )
        parameters = sum(parameter.numel() for parameter in model.parameters())
        if parameters and not training.per_epoch():
            raise InputError(no_full_batch(job.training.batch_size, len(training.dataset)))
        if not len(validation.dataset):
            raise InputError(NO_VALIDATION)
        for part in plan.metrics:  # what it misses should be found now, not at the first evaluation
            part.build(plan.value_range)
        task = plan.task.build()
        baselines = build_baselines(plan, distributed.device)
        begin_phase(f"setting up {job.training.strategy}")
    return Components(
        task=task,
        model=model,
        strategy=_strategy(job, model, distributed) if parameters else None,
        training=training,
        validation=validation,
        baselines=baselines,
        parameters=parameters,
    )


def build_baselines(plan: Plan, device: torch.device) -> dict[str, nn.Module]:
    """The models by name that the plan's own is compared with, on a device."""
    return {part.name: part.build(plan.sample_shape).to(device) for part in plan.other_baselines}


def _strategy(job: Job, model: nn.Module, distributed: DistributedContext) -> Strategy:
    """The strategy that the job asks for, around a model already on its device."""
    precision = resolved_precision(job.training.precision, distributed.device)
    optimizer = build_optimizer(job.training.optimizer, model, distributed.device)
    if job.training.strategy == "torch":
        from framecast.engine.strategies.torch_strategy import TorchStrategy

        return TorchStrategy(model, optimizer, distributed, precision, job.training)
    from framecast.engine.strategies.deepspeed_strategy import DeepSpeedStrategy

    return DeepSpeedStrategy(model, optimizer, distributed, precision, job.training, job.deepspeed)
