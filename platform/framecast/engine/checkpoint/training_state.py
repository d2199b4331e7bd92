"""The state that a resumed training needs, in a form that depends neither on the strategy nor on the workers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from framecast.files import atomic_path
from framecast.runs import layout

COUNTER = "step"


class StateAdapter(Protocol):
    """Who holds a module's parameters and their optimizer states; every process calls each method together.

    States go by "exp_avg/NAME" and the like, in the parameter's shape; counters "step/NAME" have no dimensions.
    """

    def weights(self) -> Iterator[tuple[str, Tensor]]:
        """Every parameter in full, one at a time, as exactly as it is held."""

    def optimizer(self) -> Iterator[tuple[str, Tensor]]:
        """Every state of every parameter in full, one at a time; none before the first step."""

    def load(self, weights: Mapping[str, Tensor], states: Mapping[str, Tensor]) -> None:
        """Goes back to weights and states as given out before, by this or another adapter."""


@dataclass(frozen=True)
class TrainingState:
    """Everything in full and on the CPU: parameters in fp32 and buffers, optimizer states, and the loss scaler's
    numbers."""

    weights: dict[str, Tensor]
    optimizer: dict[str, Tensor]
    numbers: dict[str, float]

    @classmethod
    def gather(
        cls, adapter: StateAdapter, module: nn.Module, numbers: dict[str, float], first: bool
    ) -> TrainingState | None:
        """The state of an adapter and its module, on the first process; None on the others."""
        weights = {name: _kept(value) for name, value in adapter.weights() if first}
        optimizer = {name: _kept(value) for name, value in adapter.optimizer() if first}
        if not first:
            return None
        weights |= {name: _kept(value) for name, value in module.named_buffers(remove_duplicate=False)}
        # without the buffers that the module makes again
        return cls({name: weights[name] for name in module.state_dict() if name in weights}, optimizer, numbers)

    def load_into(self, adapter: StateAdapter, module: nn.Module) -> None:
        """Makes an adapter and its module what they were when this was gathered."""
        adapter.load(self.weights, self.optimizer)
        for name, buffer in module.named_buffers():
            if name in self.weights:
                buffer.copy_(self.weights[name])

    def write(self, folder: Path, top: Path | None = None) -> None:
        """Writes the tensors; `numbers` is the caller's to keep, `top` as in `files`. Raises OSError where
        that fails."""
        for file, tensors in ((layout.WEIGHTS, self.weights), (layout.OPTIMIZER, self.optimizer)):
            contiguous = {name: value.contiguous() for name, value in tensors.items()}
            with atomic_path(folder / file, top) as path:
                save_file(contiguous, path)

    @classmethod
    def read(cls, folder: Path, numbers: dict[str, float]) -> TrainingState:
        """What `write` left in `folder`. The tensors are read from the disk as they are used."""
        return cls(load_file(folder / layout.WEIGHTS), load_file(folder / layout.OPTIMIZER), numbers)


def counter(optimizer: torch.optim.Optimizer, parameter: Tensor, value: Tensor) -> Tensor:
    """A count of steps where the optimizer wants it: beside the parameter if one kernel updates both."""
    group: dict[str, Any] = optimizer.param_groups[0]
    return value.to(parameter.device if group.get("fused") else "cpu", copy=True)


def _kept(value: Tensor) -> Tensor:
    """A copy on the CPU that later steps do not change; fp32 where it was a shorter float."""
    short = value.is_floating_point() and value.element_size() < torch.float32.itemsize
    return value.detach().to("cpu", torch.float32 if short else value.dtype, copy=True)
