"""A tiny trained run, made once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from framecast.cli.run_from_python import run
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
