"""Parameters that lie in the module as they are, stepped by a torch optimizer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn

from framecast.engine.checkpoint.training_state import COUNTER, counter


class PlainStateAdapter:
    """A module and the optimizer of its parameters, both in full on every process."""

    def __init__(self, module: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        self._module = module
        self._optimizer = optimizer

    def weights(self) -> Iterator[tuple[str, Tensor]]:
        yield from self._module.named_parameters(remove_duplicate=False)

    def optimizer(self) -> Iterator[tuple[str, Tensor]]:
        for name, parameter in self._module.named_parameters():
            for key, value in self._optimizer.state.get(parameter, {}).items():
                if isinstance(value, Tensor):
                    yield f"{key}/{name}", value

    def load(self, weights: Mapping[str, Tensor], states: Mapping[str, Tensor]) -> None:
        parameters = dict(self._module.named_parameters())
        for name, parameter in parameters.items():
            parameter.data.copy_(weights[name])
        self._optimizer.state.clear()
        for entry, value in states.items():
            key, _, name = entry.partition("/")
            parameter = parameters[name]
            self._optimizer.state[parameter][key] = (
                counter(self._optimizer, parameter, value)
                if key == COUNTER
                else torch.empty_like(parameter, requires_grad=False).copy_(value)
            )
