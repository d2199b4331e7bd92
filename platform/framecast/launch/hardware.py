"""The hardware at hand: what `auto` means on it, and whether the job fits."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from framecast.counting import plural
from framecast.errors import InputError, Problem
from framecast.job.compute import Compute
from framecast.job.plan import Plan
from framecast.job.training import GPU_PRECISIONS

if TYPE_CHECKING:
    import torch

Device = Literal["auto", "cpu", "cuda"]
"""Where a trained model is evaluated; `auto` is as the run was trained, where this machine allows it."""


@dataclass(frozen=True)
class Host:
    """CPU cores and GPUs of one machine."""

    cpus: int
    gpus: int


@dataclass(frozen=True)
class Resources:
    """The machines that a run may use. A worker needs room on one of them."""

    hosts: tuple[Host, ...]

    @classmethod
    def of_one(cls, cpus: int, gpus: int) -> Resources:
        return cls((Host(cpus, gpus),))

    @property
    def cpus(self) -> int:
        return sum(host.cpus for host in self.hosts)

    @property
    def gpus(self) -> int:
        return sum(host.gpus for host in self.hosts)

    def capacity(self, cpus_each: int, gpus_each: float) -> int:
        """How many such workers there is room for."""
        return sum(
            min(host.cpus // cpus_each, int(host.gpus / gpus_each) if gpus_each else host.cpus)
            for host in self.hosts
        )


def local_resources() -> Resources:
    """Those of this machine, as far as this process may use them."""
    import torch

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return Resources.of_one(cores or 1, torch.cuda.device_count())


def resolve_resources(plan: Plan, resources: Resources) -> Plan:
    """The plan with every `auto` of its resources made definite.

    Raises InputError where the hardware cannot do what the job asks for.
    """
    compute, problems = plan.job.compute, []
    fewest = compute.min_workers
    gpus_each = compute.gpus_per_worker
    if gpus_each == "auto":
        gpus_each = 1 if resources.gpus >= fewest else 0
    cpus_each = _cpus_each(compute, resources, gpus_each)
    if fewest * gpus_each > resources.gpus:
        message = f"{plural(fewest, 'worker')} with a GPU each {_need(fewest, fewest, 'GPU', resources.gpus)}"
        way_out = "write fewer compute.workers, or compute.gpus_per_worker=0"
        problems.append(Problem(f"{message}: {way_out}", key="compute.gpus_per_worker"))
    too_few_gpus = bool(problems)
    if resources.capacity(cpus_each, 0 if too_few_gpus else gpus_each) < fewest:
        need = _need(fewest, fewest * cpus_each, "", resources.cpus)
        message = f"{plural(fewest, 'worker')} of {plural(cpus_each, 'CPU core')} {need}"
        if len(resources.hosts) > 1:
            message += f" on {plural(len(resources.hosts), 'host')}, and a worker needs all of its own on one"
        way_out = "lower compute.workers or compute.cpus_per_worker"
        problems.append(Problem(f"{message}: {way_out}", key="compute.workers"))
    precision = plan.job.training.precision
    if precision in GPU_PRECISIONS and gpus_each == 0:
        message = f"{precision} needs a GPU and the workers have none: write fp32, bf16 or auto"
        problems.append(Problem(message, key="training.precision"))
    if problems:
        raise InputError(problems)
    definite = {"gpus_per_worker": gpus_each, "cpus_per_worker": cpus_each}
    written = {"gpus_per_worker": compute.gpus_per_worker, "cpus_per_worker": compute.cpus_per_worker}
    automatic = [name for name, value in written.items() if value == "auto"]
    return replace(plan.on(compute.model_copy(update=definite)), automatic=(*plan.automatic, *automatic))


def idle_gpus(plan: Plan, resources: Resources) -> str:
    """The note where `auto` leaves GPUs idle, because there are fewer than workers; empty where it does not."""
    compute = plan.job.compute
    if compute.gpus_per_worker != "auto" or not 0 < resources.gpus < compute.min_workers:
        return ""
    return (
        f"{plural(compute.min_workers, 'worker')} train on CPUs, for there {_are(resources.gpus, 'GPU')}: "
        f"compute.workers={resources.gpus} trains on GPUs"
    )


def resolve_for_evaluation(plan: Plan, resources: Resources, device: Device = "auto") -> tuple[Plan, list[str]]:
    """The plan of a trained model with the resources that its evaluation takes here, and notes on those that it
    lacks.

    A run may have trained on another machine: workers, cores and GPUs that are not here are left out, and the
    arithmetic is fp32, which every device has. Raises InputError where `device` asks for a GPU and there is none.
    """
    compute, notes = plan.job.compute, []
    update: dict[str, object] = {}
    if device != "auto":
        update["gpus_per_worker"] = 1 if device == "cuda" else 0
    elif compute.gpus_per_worker != "auto" and compute.min_workers * compute.gpus_per_worker > resources.gpus:
        update["gpus_per_worker"] = 0
        notes.append(f"{_trained_on(compute)}, there {_are(resources.gpus, 'GPU')} here: evaluated on the CPU")
    cores = 1 if compute.cpus_per_worker == "auto" else compute.cpus_per_worker
    if compute.min_workers * cores > resources.cpus:
        update["cpus_per_worker"] = "auto"
        if compute.min_workers > resources.cpus:
            update["workers"] = 1
        workers = plural(1 if "workers" in update else compute.min_workers, "worker")
        notes.append(
            f"the run has {plural(compute.min_workers, 'worker')} of {plural(cores, 'CPU core')}, there "
            f"{_are(resources.cpus, 'core')} here: evaluated by {workers}"
        )
    training = plan.job.training.model_copy(update={"precision": "fp32"})
    job = plan.job.model_copy(update={"training": training, "compute": compute.model_copy(update=update)})
    return resolve_resources(replace(plan, job=job), resources), notes


def device_of(choice: Device) -> torch.device:
    """The device of a prediction; `auto` is a GPU where there is one. Raises InputError where there is none."""
    import torch

    there = torch.cuda.is_available()
    if choice == "cuda" and not there:
        raise InputError("--device cuda: PyTorch finds no GPU here; write --device cpu")
    return torch.device("cuda" if there and choice != "cpu" else "cpu")


def _trained_on(compute: Compute) -> str:
    return f"the run has {plural(compute.min_workers, 'worker')} with a GPU each"


def _are(count: int, noun: str) -> str:
    return f"{'is' if count == 1 else 'are'} {plural(count, noun)}"


def _cpus_each(compute: Compute, resources: Resources, gpus_each: float) -> int:
    """What the job says, or the most that leaves room for all of its workers."""
    if compute.cpus_per_worker != "auto":
        return int(compute.cpus_per_worker)
    largest = max(host.cpus for host in resources.hosts)
    fitting = (
        cpus for cpus in range(largest, 0, -1) if resources.capacity(cpus, gpus_each) >= compute.max_workers
    )
    return next(fitting, 1)


def _need(workers: int, count: int, noun: str, present: int) -> str:
    verb, there = "needs" if workers == 1 else "need", "is" if present == 1 else "are"
    return f"{verb} {plural(count, noun) if noun else count}, there {there} {present}"
