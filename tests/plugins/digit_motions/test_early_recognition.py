"""A short real training: the engine, the task, the model and the data together learn to see motion early."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from framecast.engine.distributed_context import DistributedContext
from framecast.engine.train import train
from framecast.job.document import Document
from framecast.job.resolve import make_plan
from framecast.launch.launch import create_run
from framecast.plugin.events import Evaluated, RunFinished
from framecast.registry.registry import Registry

JOB = {
    "name": "early_recognition",
    "task": {"name": "early_activity_recognition", "frames_out": 0},
    "model": {
        "name": "conv_tt_lstm_recognition",
        "layers_per_block": [1, 1],
        "hidden_channels": [8, 16],
        "strides": [2, 2],
    },
    "data": {
        "name": "digit_motions",
        "size": 24,
        "digit_size": 7,
        "jitter": 0.3,
        "occluded": 0.0,
        "noise": 0.02,
        "train_clips": 2880,
        "validation_clips": 200,
    },
    "metrics": ["accuracy"],
    "training": {"epochs": 1, "batch_size": 16, "optimizer": {"learning_rate": 3e-3}, "seed": 0},
    "compute": {"cpus_per_worker": 1},
}


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.slow
def test_a_short_training_tells_the_motion_of_most_digits_after_half_of_the_clip(runs: Path) -> None:
    plan = make_plan(Document.from_data(JOB), Registry.discover())
    run = create_run(plan, Document.from_data({}), runs)

    train(plan, run, DistributedContext.single_process(torch.device("cpu")))

    events = run.journal.read()
    assert isinstance(events[-1], RunFinished)
    (evaluated,) = (event for event in events if isinstance(event, Evaluated))
    quarter, half = evaluated.per_frame["validation/accuracy"]
    print(f"accuracy {quarter:.3f} after a quarter, {half:.3f} after half", end=" ")
    # of 4 classes and 200 clips, guesses reach 0.5 with probability 2e-14
    assert evaluated.samples == 200
    assert half > 0.5
