"""What every process of ours does first, under Ray or not: find its device, take its threads, join its peers."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from framecast.job.job import Compute

if TYPE_CHECKING:
    from framecast.engine.world import World


def alone(compute: Compute, metal: bool = False) -> World:
    """This process as the only one there is; with `metal`, on an Apple GPU where there is one."""
    _choose_accelerator(compute)
    import torch

    from framecast.engine.world import World

    device = torch.device("cpu")
    if compute.gpus_per_worker:
        device = torch.device("cuda", 0)
    elif metal and torch.backends.mps.is_available():
        device = torch.device("mps")
    _set_threads(compute)
    return World.alone(device)


def joined(compute: Compute) -> World:
    """This process among Ray Train's workers."""
    import ray.train.torch

    _choose_accelerator(compute)
    from framecast.engine.world import World

    _set_threads(compute)
    return World.joined(ray.train.torch.get_device())


def log_as_worker(logs: Path) -> None:
    """From now on what this worker of Ray Train prints goes into logs/worker-<rank>.log."""
    import ray.train

    from framecast.launch.chatter import redirect_output

    redirect_output(logs / f"worker-{ray.train.get_context().get_world_rank()}.log")
    sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__  # past Ray's own, which write everything twice


def _choose_accelerator(compute: Compute) -> None:
    if not compute.gpus_per_worker:
        os.environ.setdefault("DS_ACCELERATOR", "cpu")  # DeepSpeed warns where it has to guess


def _set_threads(compute: Compute) -> None:
    """As many threads as cores: results are equal bit for bit only at an equal number of threads."""
    import torch

    if isinstance(compute.cpus_per_worker, int):
        torch.set_num_threads(compute.cpus_per_worker)
