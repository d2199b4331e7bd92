"""The `deepspeed:` section of a job, and what it may not say."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from framecast.bounded.yaml_text import Key
from framecast.plugin.settings import Settings

_LOWEST_STAGE = {"none": 0, "optimizer": 1, "all": 3}
# keys of DeepSpeed's own configuration, and those of the job that they would contradict
_DECIDED_BY: dict[Key, str] = {
    ("train_batch_size",): "training.batch_size",
    ("train_micro_batch_size_per_gpu",): "training.batch_size and training.accumulate",
    ("gradient_accumulation_steps",): "training.accumulate",
    ("gradient_clipping",): "training.gradient_clipping",
    ("optimizer",): "training.optimizer",
    ("scheduler",): "training.schedule",
    ("fp16", "enabled"): "training.precision",
    ("fp16", "auto_cast"): "training.precision",
    ("fp16", "loss_scale"): "training.precision",
    ("fp16", "initial_scale_power"): "training.initial_scale_power",
    ("bf16", "enabled"): "training.precision",
    ("bfloat16", "enabled"): "training.precision",
    ("torch_autocast",): "training.precision",
    ("amp",): "training.precision",
    ("activation_checkpointing",): "training.activation_checkpointing",
    ("elasticity",): "compute.workers",
    ("zero_optimization", "stage"): "deepspeed.zero_stage",
    ("zero_optimization", "offload_optimizer"): "deepspeed.offload",
    ("zero_optimization", "offload_param"): "deepspeed.offload",
    ("zero_optimization", "cpu_offload"): "deepspeed.offload",
    ("zero_optimization", "cpu_offload_params"): "deepspeed.offload",
    ("zero_force_ds_cpu_optimizer",): "deepspeed.offload",
}


class DeepSpeed(Settings):
    """What only the `deepspeed` strategy reads."""

    zero_stage: int = Field(1, ge=0, le=3)
    """What ZeRO shares out over the workers: 0 nothing, 1 optimizer state, 2 gradients too, 3 weights too."""

    offload: Literal["none", "optimizer", "all"] = "none"
    """What lies in the CPU's memory instead of the GPU's. Slower, for models that do not fit otherwise.

    - `none`: nothing
    - `optimizer`: the optimizer's state, and its step runs there too (ZeRO 1 to 3)
    - `all`: the weights as well (ZeRO 3)
    """

    extra: dict[str, Any] = Field(default_factory=dict)
    """Further keys of DeepSpeed's own configuration; those that this job decides are refused."""


def contradictions(settings: DeepSpeed) -> list[tuple[Key, str]]:
    """The keys of the job that cannot stay as they are, each with what is wrong and what to do."""
    found: list[tuple[Key, str]] = [
        (("deepspeed", "extra", *key), f"is decided by {decider}: set that")
        for key, decider in _DECIDED_BY.items()
        if _holds(settings.extra, key)
    ]
    lowest = _LOWEST_STAGE[settings.offload]
    if settings.zero_stage < lowest:
        message = f"{settings.offload} needs deepspeed.zero_stage {lowest} or more, not {settings.zero_stage}"
        found.append((("deepspeed", "offload"), f"{message}: set that, or write none"))
    return found


def _holds(extra: Any, key: Key) -> bool:
    for part in key:
        if not isinstance(extra, dict) or part not in extra:
            return False
        extra = extra[part]
    return True
