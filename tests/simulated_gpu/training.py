"""Trainings of a few steps on tiny models: a run, trained in this process or in one process for each GPU."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import torch

from framecast.engine.distributed_context import DistributedContext
from framecast.engine.train import train
from framecast.job.document import Document
from framecast.job.load import read_plan
from framecast.job.plan import Plan
from framecast.job.resolve import make_plan
from framecast.plugin.events import RunFinished
from framecast.registry.registry import Registry
from framecast.runs.run_folder import RunFolder
from tests.training_processes import train_in_processes

_VIDEO: dict[str, Any] = {
    "name": "video",
    "task": {"name": "video_prediction", "frames_in": 2, "frames_out": 2, "sampling": {"ratio": 0.5}},
    "data": {"name": "moving_mnist", "size": 16, "digit_size": 7, "train_clips": 16, "validation_clips": 2},
    "metrics": ["mse", "ssim"],
}
_RECOGNITION: dict[str, Any] = {
    "name": "recognition",
    "task": {"name": "early_activity_recognition", "frames": 4, "observed": [0.5, 1.0], "frames_out": 0},
    "data": {"name": "digit_motions", "size": 16, "digit_size": 7, "train_clips": 16, "validation_clips": 4},
    "metrics": ["accuracy"],
}
_LAYERS = {"layers_per_block": [1], "hidden_channels": [4], "kernel_size": 3}
_LEVELS = {"layers_per_block": [1], "hidden_channels": [4], "strides": [2]}
_TRAIN = {"order": 2, "steps": 2, "rank": 2}
_TRAINING = {"max_steps": 3, "batch_size": 4, "evaluate_every": 100, "strategy": "torch", "precision": "fp32"}

JOBS: dict[str, dict[str, Any]] = {
    model: {**base, "model": {"name": model, **settings}, "training": _TRAINING, "compute": {"cpus_per_worker": 1}}
    for model, base, settings in (
        ("conv_tt_lstm", _VIDEO, {**_LAYERS, **_TRAIN}),
        ("conv_lstm", _VIDEO, _LAYERS),
        ("predrnn", _VIDEO, {"hidden_channels": [4], "patch_size": 2}),
        (
            "simvp",
            _VIDEO,
            {
                "frames_in": 2,
                "spatial_channels": 8,
                "spatial_layers": 2,
                "temporal_channels": 16,
                "temporal_layers": 2,
            },
        ),
        ("conv_tt_lstm_recognition", _RECOGNITION, {**_LEVELS, **_TRAIN}),
        ("conv_lstm_recognition", _RECOGNITION, _LEVELS),
        (
            "conv3d",
            {**_RECOGNITION, "task": {**_RECOGNITION["task"], "prediction_weight": 0.0}},
            {"hidden_channels": [4], "strides": [2]},
        ),
    )
}
"""A tiny job for every first-party model that is trained."""


def plan(*overrides: str, job: Mapping[str, Any] = JOBS["conv_tt_lstm"], plugins: Sequence[str] = ()) -> Plan:
    """The plan of the job with overrides such as `training.precision=bf16`."""
    document = Document.from_data(dict(job))
    document.override(list(overrides))
    return make_plan(document, _registry(tuple(plugins)))


def train_here(run: RunFolder, device: str = "cuda:0") -> RunFolder:
    """Trains the run in this process, from where it stands, until it finishes."""
    return finished(train_to_the_end(run, device))


def train_to_the_end(run: RunFolder, device: str = "cuda:0") -> RunFolder:
    """The same, however it ends."""
    train(read_plan(run.plan), run, DistributedContext.single_process(torch.device(device)))
    return run


def train_on_gpus(run: RunFolder, count: int) -> RunFolder:
    """Trains the run in a process for each of so many GPUs, which NCCL connects."""
    return finished(train_in_processes(run, count, "cuda"))


def difference(found: list[float], expected: list[float]) -> float:
    """The largest relative difference of two series of losses."""
    return max(abs(one - other) / abs(other) for one, other in zip(found, expected, strict=True))


def finished(run: RunFolder) -> RunFolder:
    """The run, which has come to the end of its plan."""
    ending = run.journal.read()[-1]
    assert isinstance(ending, RunFinished), ending
    return run


@cache
def _registry(plugins: tuple[str, ...]) -> Registry:
    return Registry.discover(list(plugins))
