"""NCCL between simulated devices: gloo over the same bytes, which refuses tensors of the CPU as NCCL does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed import distributed_c10d
from torch.futures import Future

from tests.simulated_gpu.extension import extension


def offer_nccl() -> None:
    """Has `init_process_group("nccl")` make simulated groups."""
    distributed_c10d.ProcessGroupNCCL = SimulatedNccl
    distributed_c10d._NCCL_AVAILABLE = True
    dist.ProcessGroupNCCL = SimulatedNccl


class Done(dist._Work):
    """An operation that ended before its caller got this."""

    def __init__(self, result: Any) -> None:
        super().__init__()
        self._future: Future[Any] = Future()
        self._future.set_result(result)

    def wait(self, timeout: timedelta = timedelta(0)) -> bool:
        return True

    def is_completed(self) -> bool:
        return True

    def is_success(self) -> bool:
        return True

    def get_future(self) -> Future[Any]:
        return self._future


class SimulatedNccl(dist.ProcessGroup):
    """The collectives that DistributedDataParallel, DeepSpeed and Framecast ask for."""

    class Options:
        """As torch sets them; they change nothing here."""

        config: Any = None

    def __init__(self, store: Any, rank: int, size: int, options: Any) -> None:
        super().__init__(rank, size)
        self._gloo = dist.ProcessGroupGloo(store, rank, size, timeout=options._timeout)
        self._gloo._set_sequence_number_for_group()

    def getBackendName(self) -> str:
        return "nccl"

    def _set_sequence_number_for_group(self) -> None: ...

    def allreduce(self, tensors: list[Tensor], opts: Any = None) -> Done:
        for tensor in tensors:
            self._reduce_everywhere(_host(tensor), opts)
        return Done(tensors)

    def allreduce_coalesced(self, tensors: list[Tensor], opts: Any = None) -> Done:
        return self.allreduce(tensors, opts)

    def broadcast(self, tensors: list[Tensor], opts: Any = None) -> Done:
        self._gloo.broadcast([_host(each) for each in tensors], opts or dist.BroadcastOptions()).wait()
        return Done(tensors)

    def reduce(self, tensors: list[Tensor], opts: Any = None) -> Done:
        self._gloo.reduce([_host(each) for each in tensors], opts or dist.ReduceOptions()).wait()
        return Done(tensors)

    def allgather(self, outputs: list[list[Tensor]], inputs: list[Tensor], opts: Any = None) -> Done:
        hosts = [[_host(each) for each in of_rank] for of_rank in outputs]
        self._gloo.allgather(hosts, [_host(each) for each in inputs]).wait()
        return Done(outputs)

    def _allgather_base(self, output: Tensor, own: Tensor, opts: Any = None) -> Done:
        self._gloo.allgather([list(_host(output).chunk(self.size()))], [_host(own)]).wait()
        return Done([output])

    def allgather_into_tensor_coalesced(
        self, outputs: list[Tensor], inputs: list[Tensor], opts: Any = None
    ) -> Done:
        for output, own in zip(outputs, inputs, strict=True):
            self._allgather_base(output, own)
        return Done(outputs)

    def _reduce_scatter_base(self, output: Tensor, whole: Tensor, opts: Any = None) -> Done:
        total = _host(whole).clone()
        self._reduce_everywhere(total, opts)
        own = total.flatten().chunk(self.size())[self.rank()]
        _host(output).copy_(own.view(output.shape))
        return Done([output])

    def reduce_scatter(self, outputs: list[Tensor], inputs: list[list[Tensor]], opts: Any = None) -> Done:
        for output, parts in zip(outputs, inputs, strict=True):
            self._reduce_scatter_base(output, torch.cat([part.flatten() for part in parts]), opts)
        return Done(outputs)

    def barrier(self, opts: Any = None) -> Done:
        self._gloo.barrier(dist.BarrierOptions()).wait()
        return Done([])

    # the names that torch calls these by, from version to version
    all_gather_single = _allgather_base
    reduce_scatter_single = _reduce_scatter_base

    def _reduce_everywhere(self, host: Tensor, opts: Any) -> None:
        """Reduces in place, on every rank; gloo has no averages."""
        reduction = dist.ReduceOp.SUM if opts is None else opts.reduceOp
        given = dist.AllreduceOptions()
        given.reduceOp = dist.ReduceOp.SUM if reduction == dist.ReduceOp.AVG else reduction
        self._gloo.allreduce([host], given).wait()
        if reduction == dist.ReduceOp.AVG:
            host.div_(self.size())


def _host(tensor: Tensor) -> Tensor:
    if tensor.device.type != "cuda":
        raise RuntimeError(f"No backend type associated with device type {tensor.device.type} (simulated NCCL)")
    if not tensor.is_contiguous():
        raise ValueError("Tensors must be contiguous (simulated NCCL)")
    host: Tensor = extension().on_host(tensor.detach())
    return host
