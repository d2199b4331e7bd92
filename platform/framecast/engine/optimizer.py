"""The optimizer and its learning rate over the run."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn

from framecast.job.training import Optimizer, Schedule


def build_optimizer(settings: Optimizer, model: nn.Module, device: torch.device) -> torch.optim.Optimizer:
    """A torch optimizer, its update fused into one kernel on a GPU; both strategies step the same one."""
    shared: dict[str, Any] = {
        "lr": settings.learning_rate,
        "weight_decay": settings.weight_decay,
        "fused": device.type == "cuda",
    }
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    if settings.name == "sgd":
        return torch.optim.SGD(parameters, momentum=0.9, **shared)
    if settings.name == "adamw":
        return torch.optim.AdamW(parameters, **shared)
    return torch.optim.Adam(parameters, **shared)


def schedule_factor(settings: Schedule, step: int, total_steps: int) -> float:
    """What the learning rate is multiplied by at optimizer step `step` (from 0) of `total_steps`."""
    if step < settings.warmup_steps:
        return (step + 1) / settings.warmup_steps
    if settings.name == "constant":
        return 1.0
    passed = (step - settings.warmup_steps) / max(1, total_steps - 1 - settings.warmup_steps)
    return 0.01 + 0.99 * (1 + math.cos(math.pi * min(1.0, passed))) / 2
