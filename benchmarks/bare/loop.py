"""A bare training loop over a job's model and batches: nothing but torch. Prints seconds of each step.

python benchmarks/bare/loop.py JOB STEPS [key=value ...]
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import torch

from framecast.job.load import load_plan

job, steps, *overrides = sys.argv[1:]
_, plan = load_plan(Path(job), overrides, [])
if plan.job.compute.cpus_per_worker != "auto":
    torch.set_num_threads(plan.job.compute.cpus_per_worker)
torch.manual_seed(0)
model = plan.model.declaration.build(plan.model.settings, plan.sample_shape)
data = plan.data.declaration.build(plan.data.settings, "train", plan.frames)
task = plan.task.settings
optimizer = torch.optim.Adam(model.parameters(), plan.job.training.optimizer.learning_rate)
size = plan.job.training.batch_size
loader = torch.utils.data.DataLoader(data, size, shuffle=True, drop_last=True)
batches = iter(loader)
for _ in range(int(steps)):
    began = time.perf_counter()
    frames = next(batches)["frames"].float() / 255
    keep_truth = torch.rand(size, task.frames_out - 1) < task.sampling.ratio
    seen, future = frames[:, : task.frames_in], frames[:, task.frames_in : -1]
    difference = model(seen, task.frames_out, truth=future, keep_truth=keep_truth) - frames[:, 1:]
    loss = difference.abs().mean() + difference.square().mean()
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), plan.job.training.gradient_clipping)
    optimizer.step()
    loss.item()
    print(time.perf_counter() - began, flush=True)
