"""A tiny trained run, made once, and models of it and of fields."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import framecast
from framecast.cli.run_from_python import run
from framecast.evaluation.loaded_model import LoadedModel
from framecast.runs.run_folder import RunFolder

JOB = {
    "name": "tiny",
    "task": {"name": "video_prediction", "frames_in": 2, "frames_out": 2},
    "model": {
        "name": "conv_tt_lstm",
        "order": 2,
        "steps": 2,
        "rank": 2,
        "layers_per_block": [1],
        "hidden_channels": [4],
    },
    "data": {
        "name": "moving_mnist",
        "size": 16,
        "digit_size": 7,
        "train_clips": 16,
        "validation_clips": 4,
        "test_clips": 37,
    },
    "metrics": ["mse", "psnr", "ssim"],
    "training": {"epochs": 1, "batch_size": 8, "strategy": "torch"},
    "compute": {"cpus_per_worker": 1},
}


@pytest.fixture(scope="session")
def trained_once(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    status = run(JOB, runs=tmp_path_factory.mktemp("trained"), in_process=True)
    assert status.state == "finished", status.reason
    return RunFolder(status.folder)


@pytest.fixture
def trained(trained_once: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    """A copy of the trained run, to be spoilt; `runs` is the folder of all runs here."""
    shutil.copytree(trained_once.root, tmp_path / "runs", symlinks=True)
    monkeypatch.setenv("FRAMECAST_RUNS", str(tmp_path / "runs"))
    monkeypatch.chdir(tmp_path)
    return RunFolder(tmp_path / "runs" / "tiny" / trained_once.id)


@pytest.fixture
def model(trained: RunFolder) -> LoadedModel:
    return framecast.load("tiny")


@pytest.fixture
def fields(tmp_path: Path, tiny_job: Callable[..., dict[str, Any]], runs: Path) -> LoadedModel:
    """A model of two channels, 280 K and 1000 hPa with gaps."""
    rows = np.random.default_rng(0).normal(size=(60, 2, 16, 16)) * [[[5.0]], [[20.0]]] + [[[280.0]], [[1000.0]]]
    rows[:, 0, 0, 0] = np.nan
    np.save(tmp_path / "fields.npy", rows.astype(np.float32))
    job = tiny_job(metrics=["mse"], training={"max_steps": 1})
    job["data"] = {"name": "gridded", "path": str(tmp_path / "fields.npy")}
    framecast.run(job, in_process=True)
    return framecast.load("tiny")
