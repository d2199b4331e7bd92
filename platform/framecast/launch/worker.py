"""What a training process does, under Ray or not: join its peers, and train the run in its folder."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

from framecast.job.plan import Plan
from framecast.job.resolve import read_plan
from framecast.runs.events import RunFailed, RunStarted, StepDone
from framecast.runs.folder import RunFolder
from framecast.runs.status import Status


def train_in_this_process(folder: str) -> None:
    """Trains the run in `folder` as the only process there is."""
    run = RunFolder(Path(folder))
    plan = read_plan(run.plan.read_text())
    _choose_accelerator(plan)
    import torch

    from framecast.engine.train import train
    from framecast.engine.world import World

    device = torch.device("cpu")
    if plan.job.compute.gpus_per_worker:
        device = torch.device("cuda", 0)
    elif plan.job.training.strategy == "torch" and torch.backends.mps.is_available():
        device = torch.device("mps")
    _set_threads(plan)
    train(plan, run, World.alone(device))


def train_as_ray_worker(config: dict[str, str]) -> None:
    """Trains the run in `config["folder"]` as one of Ray Train's workers."""
    import ray.train
    import ray.train.torch

    from framecast.launch.chatter import redirect_output

    run = RunFolder(Path(config["folder"]))
    rank = ray.train.get_context().get_world_rank()
    redirect_output(run.logs / f"worker-{rank}.log")
    sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__  # past Ray's own, which write everything twice
    plan = read_plan(run.plan.read_text())
    _choose_accelerator(plan)

    from framecast.engine.train import train
    from framecast.engine.world import World

    _set_threads(plan)
    world = World.joined(ray.train.torch.get_device())
    try:
        train(plan, run, world)
    except Exception as error:
        if world.size > 1 or _stepped(run):
            raise  # Ray ends the others, and all try again from the last checkpoint
        note_failure(run, error)  # what fails before its first step fails again
    finally:
        print(end="", flush=True)


def note_failure(run: RunFolder, error: Exception) -> None:
    """Ends the run with RunFailed; the traceback goes where this process prints."""
    traceback.print_exc()
    # Ray wraps a worker's own error in pages of traceback: its last line is the error
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    last = lines[-1] if lines else ""
    own = len(lines) <= 1 or ":" not in last
    run.journal.append(RunFailed(Status.of(run).step, f"{type(error).__name__}: {last}" if own else last))


def _stepped(run: RunFolder) -> bool:
    """Whether the present attempt has taken a step."""
    latest = [event for event in run.journal.raw() if isinstance(event, RunStarted | StepDone)][-1:]
    return any(isinstance(event, StepDone) for event in latest)


def _choose_accelerator(plan: Plan) -> None:
    if not plan.job.compute.gpus_per_worker:
        os.environ.setdefault("DS_ACCELERATOR", "cpu")  # DeepSpeed warns where it has to guess


def _set_threads(plan: Plan) -> None:
    """As many threads as cores: results are equal bit for bit only at an equal number of threads."""
    import torch

    if isinstance(plan.job.compute.cpus_per_worker, int):
        torch.set_num_threads(plan.job.compute.cpus_per_worker)
