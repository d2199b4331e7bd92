"""What every process of ours does first, under Ray or not: find its device, take its threads, join its peers."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from framecast.job.compute import Compute
from framecast.launch.freed_memory import keep_freed_memory
from framecast.launch.watchdog import Watchdog
from framecast.runs import layout

if TYPE_CHECKING:
    from framecast.engine.distributed_context import DistributedContext


def alone(compute: Compute, metal: bool = False) -> DistributedContext:
    """This process as the only one there is; with `metal`, on an Apple GPU where there is one."""
    _choose_accelerator(compute)
    import torch

    from framecast.engine.distributed_context import DistributedContext

    device = torch.device("cpu")
    if compute.gpus_per_worker:
        device = torch.device("cuda", 0)
    elif metal and torch.backends.mps.is_available():
        device = torch.device("mps")
    _use_cores_and_memory(compute)
    return DistributedContext.single_process(device)


@contextmanager
def joined(compute: Compute, logs: Path) -> Iterator[DistributedContext]:
    """This process among Ray Train's workers; while the body runs it is watched: see `compute.stalled_after`."""
    import ray.train.torch

    _choose_accelerator(compute)
    from framecast.engine.distributed_context import DistributedContext

    here = ray.train.get_context()
    if compute.pin_cores:
        pin_to_cores(int(compute.cpus_per_worker), here.get_local_rank())
    _use_cores_and_memory(compute)
    watchdog = Watchdog(logs / layout.stacks_log(here.get_world_rank()), compute.stalled_after)
    try:
        yield DistributedContext.from_process_group(ray.train.torch.get_device(), watchdog.pulse)
    finally:
        watchdog.stop()


def ray_rank() -> int:
    """The number of this worker among Ray Train's."""
    import ray.train

    return int(ray.train.get_context().get_world_rank())


def log_as_worker(logs: Path, rank: int) -> None:
    """From now on what this worker prints goes into logs/worker-<rank>.log."""
    from framecast.launch.capture_output import redirect_output

    redirect_output(logs / layout.worker_log(rank))
    sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__  # past Ray's own, which write everything twice


def _choose_accelerator(compute: Compute) -> None:
    if not compute.gpus_per_worker:
        os.environ.setdefault("DS_ACCELERATOR", "cpu")  # DeepSpeed warns where it has to guess


def pin_to_cores(cores: int, place: int) -> None:
    """Keeps this process, and those it starts, to its `place`-th share of this host's cores."""
    if hasattr(os, "sched_setaffinity"):
        allowed = sorted(os.sched_getaffinity(0))
        share = [allowed[number % len(allowed)] for number in range(place * cores, (place + 1) * cores)]
        os.sched_setaffinity(0, share)


def _use_cores_and_memory(compute: Compute) -> None:
    """As many threads as cores: results are equal bit for bit only at an equal number of threads."""
    import torch

    if not compute.gpus_per_worker:
        keep_freed_memory()
    if isinstance(compute.cpus_per_worker, int):
        torch.set_num_threads(compute.cpus_per_worker)
