"""`platform resume RUN`: what it refuses, in words; that it goes on is the launcher's test."""

from __future__ import annotations

import shutil
from pathlib import Path


def test_a_finished_run_says_how_to_give_it_more_to_do(trained, platform) -> None:
    answer = platform("resume", trained.folder, "--in-process")
    assert answer.code == 2
    assert "is finished (epochs)" in answer.err
    assert "training.epochs=2" in answer.err


def test_another_model_is_another_job(trained, platform) -> None:
    answer = platform("resume", trained.folder, "model.hidden_channels=[3]", "--in-process")
    assert answer.code == 2
    assert "model: cannot change when a run is resumed" in answer.err


def test_a_misspelt_setting_is_refused_as_in_a_job(trained, platform) -> None:
    answer = platform("resume", trained.folder, "training.epohcs=3", "--in-process")
    assert answer.code == 2
    assert "command line training.epohcs: unknown key, did you mean epochs?" in answer.err


def test_another_optimizer_is_another_job(trained, platform) -> None:
    answer = platform("resume", trained.folder, "training.optimizer.name=sgd", "training.epochs=2", "--in-process")
    assert answer.code == 2
    assert "training.optimizer.name: cannot change when a run is resumed" in answer.err


def test_another_strategy_goes_on_with_the_same_run(trained, platform, tmp_path: Path) -> None:
    copied = shutil.copytree(trained.folder, tmp_path / "runs" / "tiny" / "copy", symlinks=True)
    answer = platform("resume", copied, "training.strategy=deepspeed", "training.epochs=2", "--in-process")
    assert answer.code == 0, answer.err
