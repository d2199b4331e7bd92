"""DeepSpeed's own configuration, made from the job's settings."""

from __future__ import annotations

from typing import Any

from framecast.job.deepspeed import DeepSpeed
from framecast.job.training import Training

_LARGEST_BUCKET = 500_000_000
"""Elements: DeepSpeed's default, which it allocates at any size of the model (2 GB in fp32)."""


def deepspeed_configuration(
    training: Training, settings: DeepSpeed, precision: str, parameters: int
) -> dict[str, Any]:
    """The configuration for a model of so many parameters; keys of `settings.extra` take precedence.

    The micro batch size is bookkeeping to DeepSpeed; the loop sizes the real ones.
    """
    configuration: dict[str, Any] = {
        "train_micro_batch_size_per_gpu": max(1, training.batch_size // training.accumulate),
        "gradient_accumulation_steps": training.accumulate,
        "gradient_clipping": training.gradient_clipping or 0.0,
        "zero_optimization": {"stage": settings.zero_stage, **_buckets(parameters), **_offload(settings)},
        "zero_allow_untested_optimizer": True,
        "zero_force_ds_cpu_optimizer": False,  # that one would have to be compiled
        "steps_per_print": 2**31,
    }
    if precision == "fp16":
        configuration["fp16"] = {
            "enabled": True,
            "auto_cast": True,
            "loss_scale": 0,  # a dynamic one
            "initial_scale_power": training.initial_scale_power,
        }
    elif precision == "bf16":  # autocast keeps fp32 parameters, which bf16's 8 bits of mantissa need
        configuration["torch_autocast"] = {"enabled": True, "dtype": "bfloat16"}
    return _merged(configuration, settings.extra)


def _buckets(parameters: int) -> dict[str, int]:
    """Sizes of the buffers for gradients and weights under way, in elements: all of the model, up to the default.

    DeepSpeed wants even sizes, for NCCL's alignment of fp16.
    """
    size = min(parameters + parameters % 2, _LARGEST_BUCKET)
    return {
        "reduce_bucket_size": size,
        "allgather_bucket_size": size,
        "stage3_prefetch_bucket_size": min(size, _LARGEST_BUCKET // 10),
    }


def _offload(settings: DeepSpeed) -> dict[str, Any]:
    names = {"none": [], "optimizer": ["offload_optimizer"], "all": ["offload_optimizer", "offload_param"]}
    return {name: {"device": "cpu"} for name in names[settings.offload]}


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    result = dict(below)
    for key, value in above.items():
        inner = result.get(key)
        result[key] = _merged(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return result
