"""The hardware at hand: what `auto` means on it, and whether the job fits."""

from __future__ import annotations

import os
from typing import NamedTuple

from framecast.errors import InputError, Problem
from framecast.job.plan import Plan


class Resources(NamedTuple):
    """CPU cores and GPUs that a run may use, in all."""

    cpus: int
    gpus: int


def local_resources() -> Resources:
    """Those of this machine, as far as this process may use them."""
    import torch

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return Resources(cores or 1, torch.cuda.device_count())


def settled(plan: Plan, resources: Resources) -> Plan:
    """The plan with every `auto` of its resources made definite.

    Raises InputError where the hardware cannot do what the job asks for.
    """
    compute, problems = plan.job.compute, []
    workers = compute.workers
    gpus_each = compute.gpus_per_worker
    if gpus_each == "auto":
        gpus_each = 1 if resources.gpus >= workers else 0
    given = compute.cpus_per_worker
    cpus_each = max(1, resources.cpus // workers) if given == "auto" else int(given)
    if workers * gpus_each > resources.gpus:
        message = f"{workers} workers with a GPU each need {workers} GPUs, there are {resources.gpus}"
        way_out = "write fewer compute.workers, or compute.gpus_per_worker=0"
        problems.append(Problem(f"{message}: {way_out}", key="compute.gpus_per_worker"))
    if workers * cpus_each > resources.cpus:
        message = (
            f"{workers} workers of {_cores(cpus_each)} need {workers * cpus_each}, there are {resources.cpus}"
        )
        way_out = "lower compute.workers or compute.cpus_per_worker"
        problems.append(Problem(f"{message}: {way_out}", key="compute.workers"))
    if plan.job.training.precision == "fp16" and gpus_each == 0:
        message = "fp16 needs a GPU and the workers have none: write fp32, bf16 or auto"
        problems.append(Problem(message, key="training.precision"))
    if problems:
        raise InputError(problems)
    return plan.on(compute.model_copy(update={"gpus_per_worker": gpus_each, "cpus_per_worker": cpus_each}))


def _cores(count: int) -> str:
    return f"{count} CPU core{'s' if count > 1 else ''}"
