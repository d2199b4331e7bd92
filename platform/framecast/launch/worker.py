"""What a training process does, under Ray or not: join its peers, and train the run in its folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from framecast.job.plan import Plan
from framecast.job.resolve import read_plan
from framecast.runs.folder import RunFolder


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
    plan = read_plan(run.plan.read_text())
    _choose_accelerator(plan)

    from framecast.engine.train import train
    from framecast.engine.world import World

    _set_threads(plan)
    train(plan, run, World.joined(ray.train.torch.get_device()))
    sys.stdout.flush()


def _choose_accelerator(plan: Plan) -> None:
    if not plan.job.compute.gpus_per_worker:
        os.environ.setdefault("DS_ACCELERATOR", "cpu")  # DeepSpeed warns where it has to guess


def _set_threads(plan: Plan) -> None:
    """As many threads as cores: results are equal bit for bit only at an equal number of threads."""
    import torch

    if isinstance(plan.job.compute.cpus_per_worker, int):
        torch.set_num_threads(plan.job.compute.cpus_per_worker)
