"""The processes that train together, and their collective operations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor


def _no_heartbeat() -> None:
    """The default: no watchdog is running."""


@dataclass(frozen=True)
class DistributedContext:
    """The rank of this process, the number of processes, and its device. A single process needs no process group.

    `heartbeat` is called with every batch: a watchdog sees from it that the process does not hang.
    """

    rank: int
    size: int
    device: torch.device
    heartbeat: Callable[[], None] = _no_heartbeat

    @classmethod
    def single_process(cls, device: torch.device) -> DistributedContext:
        return cls(0, 1, device)

    @classmethod
    def from_process_group(
        cls, device: torch.device, heartbeat: Callable[[], None] = _no_heartbeat
    ) -> DistributedContext:
        """The context of the process group that this process is already in."""
        return cls(dist.get_rank(), dist.get_world_size(), device, heartbeat)

    @property
    def is_rank_zero(self) -> bool:
        return self.rank == 0

    def sum(self, values: Tensor) -> Tensor:
        """The sum of `values` over all processes, the same on each; returned on the CPU."""
        if self.size == 1:
            return values.cpu()
        on_device = values.to(self.device)
        dist.all_reduce(on_device)
        return on_device.cpu()

    def first_text(self, text: str) -> tuple[int, str] | None:
        """The lowest rank whose `text` is not empty, and that text, the same on each process; None where all are
        empty."""
        content = list(text.encode(errors="backslashreplace"))
        lengths = torch.zeros(self.size, dtype=torch.int64)
        lengths[self.rank] = len(content)
        lengths = self.sum(lengths)
        if not lengths.any():
            return None
        rank = int(lengths.nonzero()[0])
        own = torch.zeros(int(lengths[rank]), dtype=torch.int64)
        if rank == self.rank:
            own = torch.tensor(content)
        return rank, bytes(self.sum(own).tolist()).decode()

    def barrier(self) -> None:
        if self.size > 1:
            dist.barrier()
