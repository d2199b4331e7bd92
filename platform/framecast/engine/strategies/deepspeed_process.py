"""What DeepSpeed keeps once for a whole process: its accelerator and its process group."""

from __future__ import annotations

import os
from functools import _lru_cache_wrapper
from inspect import getclosurevars, isfunction

import deepspeed
import torch
from deepspeed.accelerator import get_accelerator, set_accelerator
from deepspeed.runtime.zero.parameter_offload import FWD_MODULE_STACK
from deepspeed.runtime.zero.partitioned_param_coordinator import PartitionedParameterCoordinator


def choose_accelerator(device: torch.device) -> None:
    """Has DeepSpeed compute on this kind of device. It would keep its first choice, and a run on the CPU may be
    followed by one on a GPU in the same process.
    """
    if get_accelerator().device_name() == device.type:
        return
    if device.type == "cuda":
        from deepspeed.accelerator.cuda_accelerator import CUDA_Accelerator

        set_accelerator(CUDA_Accelerator())
    else:
        from deepspeed.accelerator.cpu_accelerator import CPU_Accelerator

        set_accelerator(CPU_Accelerator())


def join_process_group(device: torch.device) -> bool:
    """Has DeepSpeed use the process group that is there. One process alone makes itself one, and returns True."""
    if device.type == "cpu":
        # else it compiles a shared-memory operator for two minutes; plain gloo serves as well
        deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False
    backend = "nccl" if device.type == "cuda" else "gloo"
    alone = not torch.distributed.is_initialized()
    if alone:
        os.environ.setdefault("LOCAL_RANK", "0")  # where a launcher would have set it
        store = torch.distributed.HashStore()  # type: ignore[attr-defined]
        torch.distributed.init_process_group(backend, store=store, rank=0, world_size=1)
    deepspeed.init_distributed(dist_backend=backend, auto_mpi_discovery=False, verbose=False)
    return alone


def leave_process_group() -> None:
    """Ends the group that this process made itself: the next run may need one of another device."""
    deepspeed.comm.destroy_process_group()


def forget_models() -> None:
    """Empties what ZeRO 3 keeps of every model that it has trained: the stack of modules that it begins with the
    model, and cached methods, whose keys hold the coordinator and all of its buffers."""
    FWD_MODULE_STACK.clear()
    for method in filter(isfunction, vars(PartitionedParameterCoordinator).values()):
        for wrapped in getclosurevars(method).nonlocals.values():  # the cache is within a decorator of DeepSpeed's
            if isinstance(wrapped, _lru_cache_wrapper):
                wrapped.cache_clear()
