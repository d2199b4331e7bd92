"""The least script that trains a job's model with Ray Train and DeepSpeed. Prints when its first step was done.

python benchmarks/bare/ray_deepspeed.py JOB [key=value ...]
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import ray
from ray.train import RunConfig, ScalingConfig
from ray.train.torch import TorchTrainer


def train(config: dict) -> None:
    import time

    os.environ["DS_ACCELERATOR"] = "cpu"
    import deepspeed
    import torch

    from framecast.job.load import load_plan

    _, plan = load_plan(Path(config["job"]), config["overrides"], [])
    model = plan.model.declaration.build(plan.model.settings, plan.sample_shape)
    data = plan.data.declaration.build(plan.data.settings, "train", plan.frames)
    deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False  # else it compiles for two minutes
    deepspeed.init_distributed(dist_backend="gloo", auto_mpi_discovery=False)
    size = plan.job.training.batch_size
    engine, *_ = deepspeed.initialize(
        model=model,
        optimizer=torch.optim.Adam(model.parameters(), plan.job.training.optimizer.learning_rate),
        config={
            "train_micro_batch_size_per_gpu": size,
            "gradient_clipping": 1.0,
            "zero_optimization": {"stage": 1},
        },
    )
    frames = next(iter(torch.utils.data.DataLoader(data, size, shuffle=True)))["frames"].float() / 255
    seen = plan.task.settings.frames_in
    difference = engine(frames[:, :seen], plan.task.settings.frames_out, frames[:, seen:-1]) - frames[:, 1:]
    engine.backward(difference.abs().mean() + difference.square().mean())
    engine.step()
    Path(config["done"]).write_text(str(time.time()))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        done = Path(folder, "done")
        ray.init()
        TorchTrainer(
            train,
            train_loop_config={
                "job": str(Path(sys.argv[1]).resolve()),
                "overrides": sys.argv[2:],
                "done": str(done),
            },
            scaling_config=ScalingConfig(num_workers=1, resources_per_worker={"CPU": os.cpu_count()}),
            run_config=RunConfig(storage_path=folder),
        ).fit()
        print(done.read_text())
