"""One process of a group of any size, whose other processes are imagined: collectives are counted, not sent.

What comes back is what this process sent: a sum is its own part, what is gathered are copies of it. So shares,
numbers and sizes of the exchanges are those of a real run; losses and weights are not.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor


@dataclass
class Exchanges:
    """The collectives that one process took part in, each as its name and the bytes that it sent."""

    seen: list[tuple[str, int]] = field(default_factory=list)

    def bytes_of(self, name: str) -> list[int]:
        return [size for each, size in self.seen if each == name]


class _Done(dist._Work):
    """A collective that has ended."""

    def __init__(self, result: list[Tensor]) -> None:
        super().__init__()
        self._future: torch.futures.Future[Any] = torch.futures.Future()
        self._future.set_result(result)

    def wait(self, timeout: Any = None) -> bool:
        return True

    def get_future(self) -> torch.futures.Future[Any]:
        return self._future


class CountingProcessGroup(dist.ProcessGroup):
    def __init__(self, rank: int, size: int, exchanges: Exchanges) -> None:
        super().__init__(rank, size)
        self._rank, self._size, self._exchanges = rank, size, exchanges

    def _done(self, name: str, sent: list[Tensor], result: list[Tensor] | None = None) -> _Done:
        self._exchanges.seen.append((name, sum(each.numel() * each.element_size() for each in sent)))
        return _Done(sent if result is None else result)

    def allreduce(self, tensors: list[Tensor], opts: Any = None) -> _Done:
        return self._done("all-reduce", tensors)

    def broadcast(self, tensors: list[Tensor], opts: Any = None) -> _Done:
        return self._done("broadcast", tensors)

    def allgather(self, outputs: list[list[Tensor]], inputs: list[Tensor], opts: Any = None) -> _Done:
        for gathered, own in zip(outputs, inputs, strict=True):
            for each in gathered:
                each.copy_(own)
        return self._done("all-gather", inputs, [each for gathered in outputs for each in gathered])

    def _allgather_base(self, output: Tensor, own: Tensor, opts: Any = None) -> _Done:
        output.view(self._size, -1).copy_(own.clone().reshape(1, -1))  # it may lie in the output
        return self._done("all-gather", [own], [output])

    def allgather_into_tensor_coalesced(
        self, outputs: list[Tensor], inputs: list[Tensor], opts: Any = None
    ) -> _Done:
        for output, own in zip(outputs, inputs, strict=True):
            output.view(self._size, -1).copy_(own.clone().reshape(1, -1))  # it may lie in the output
        return self._done("all-gather", inputs, outputs)

    def _reduce_scatter_base(self, output: Tensor, inputs: Tensor, opts: Any = None) -> _Done:
        output.copy_(inputs.clone().view(self._size, *output.shape)[self._rank])
        return self._done("reduce-scatter", [inputs], [output])

    all_gather_single, reduce_scatter_single = _allgather_base, _reduce_scatter_base  # names since torch 2.13

    def reduce(self, tensors: list[Tensor], opts: Any = None) -> _Done:
        return self._done("reduce", tensors)

    def barrier(self, opts: Any = None) -> _Done:
        return self._done("barrier", [], [torch.zeros(1)])

    def getBackendName(self) -> str:
        return "counting"


@contextlib.contextmanager
def process_of(rank: int, size: int) -> Iterator[Exchanges]:
    """This process as one of `size`, until the end of the block."""
    exchanges = Exchanges()

    def create(store: Any, rank: int, size: int, timeout: Any) -> CountingProcessGroup:
        return CountingProcessGroup(rank, size, exchanges)

    dist.Backend.register_backend("counting", create, devices=["cpu"])
    dist.init_process_group("counting", rank=rank, world_size=size, store=dist.HashStore())
    try:
        yield exchanges
    finally:
        dist.destroy_process_group()
        dist.Backend.backend_list.remove("counting")
        _forget_deepspeeds_groups()


def _forget_deepspeeds_groups() -> None:
    """DeepSpeed keeps the first process group of a process for ever."""
    if "deepspeed" in sys.modules:
        import deepspeed.comm.comm
        import deepspeed.utils.groups as groups

        deepspeed.comm.comm.cdb = None
        for name in ("_WORLD_GROUP", "_ALL_TO_ALL_GROUP"):
            if hasattr(groups, name):
                setattr(groups, name, {} if name == "_ALL_TO_ALL_GROUP" else None)
