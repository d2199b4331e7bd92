"""The processes that train together, and what they say to each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.distributed as distributed
from torch import Tensor


def _unwatched() -> None:
    """Nobody watches."""


@dataclass(frozen=True)
class World:
    """This process among its peers. One process alone needs no process group.

    `pulse` is called with every batch: who watches over the process knows by it that it does not hang.
    """

    rank: int
    size: int
    device: torch.device
    pulse: Callable[[], None] = _unwatched

    @classmethod
    def alone(cls, device: torch.device) -> World:
        return cls(0, 1, device)

    @classmethod
    def joined(cls, device: torch.device, pulse: Callable[[], None] = _unwatched) -> World:
        """The world of the process group that this process is already in."""
        return cls(distributed.get_rank(), distributed.get_world_size(), device, pulse)

    @property
    def first(self) -> bool:
        return self.rank == 0

    def sum(self, values: Tensor) -> Tensor:
        """The sum of `values` over all processes, the same on each; returned on the CPU."""
        if self.size == 1:
            return values.cpu()
        on_device = values.to(self.device)
        distributed.all_reduce(on_device)
        return on_device.cpu()

    def barrier(self) -> None:
        if self.size > 1:
            distributed.barrier()
