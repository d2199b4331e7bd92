"""A stranger's plugin: a distribution of its own, built and installed, is found and trained like any other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

FILES = {
    "pyproject.toml": """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "strangers-blur"
version = "4.2"
dependencies = ["framecast"]

[project.entry-points.framecast]
blur = "strangers_blur"
""",
    "strangers_blur/__init__.py": '''
"""A model somebody else wrote."""

import framecast
from pydantic import Field


class BlurSettings(framecast.Settings):
    width: int = Field(3, ge=1, le=31)
    """Width of the blur in pixels."""


def build(settings, sample):
    from strangers_blur.network import Blur

    return Blur(settings.width, sample.channels)


@framecast.hookimpl
def framecast_models():
    yield framecast.Model(name="blur", summary="A learned blur", settings=BlurSettings, build=build)
''',
    "strangers_blur/network.py": '''
import torch


class Blur(torch.nn.Module):
    """Predicts the last frame, blurred; then that, blurred again."""

    def __init__(self, width, channels):
        super().__init__()
        self.blur = torch.nn.Conv2d(channels, channels, width, padding="same")

    def forward(self, frames, frames_out, truth=None, keep_truth=None):
        predictions = []
        frame = frames[:, -1]
        for _ in range(frames_out):
            frame = self.blur(frame)
            predictions.append(frame)
        return torch.stack(predictions, 1)
''',
}

JOB = """
name: strange
task: {name: video_prediction, frames_in: 2, frames_out: 2}
model: {name: blur, width: 5}
data: {name: moving_mnist, size: 16, digit_size: 7, train_clips: 8, validation_clips: 4}
training: {epochs: 1, batch_size: 4, strategy: torch}
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that pip installed the stranger's distribution into."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("site")
    for name, text in FILES.items():
        (source / name).parent.mkdir(exist_ok=True)
        (source / name).write_text(text)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-index"]
    subprocess.run(
        [*pip, "--no-deps", "--no-build-isolation", "--target", str(target), str(source)],
        check=True,
        capture_output=True,
        text=True,
    )
    return target


def framecast(*arguments: str, path: Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "framecast", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(path)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_is_listed_with_its_distribution(installed: Path, tmp_path: Path) -> None:
    listing = framecast("plugins", "list", "--json", path=installed, cwd=tmp_path)
    rows = [row for row in json.loads(listing.stdout)["declarations"] if row["name"] == "blur"]
    assert [(row["kind"], row["from"]) for row in rows] == [("model", "strangers-blur 4.2")]


def test_its_settings_are_explained_like_any_others(installed: Path, tmp_path: Path) -> None:
    told = framecast("plugins", "info", "blur", path=installed, cwd=tmp_path)
    assert "width: whole number >= 1 <= 31, default 3" in told.stdout
    assert "Width of the blur in pixels." in told.stdout


def test_a_mistake_in_its_section_has_a_place(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "job.yaml").write_text(JOB.replace("width: 5", "widht: 5"))
    refused = framecast("submit", "job.yaml", path=installed, cwd=tmp_path)
    assert refused.returncode == 2
    assert "job.yaml:4:21 model.widht: unknown key, did you mean width?" in refused.stderr


def test_it_trains(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "job.yaml").write_text(JOB)
    trained = framecast("submit", "job.yaml", "--in-process", path=installed, cwd=tmp_path)
    assert trained.returncode == 0, trained.stdout + trained.stderr
    (run,) = (tmp_path / "runs" / "strange").iterdir()
    assert "strangers-blur" in (run / "plan.yaml").read_text()
    assert (run / "checkpoints" / "last" / "model.safetensors").exists()


def test_without_it_the_run_says_what_is_missing(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "job.yaml").write_text(JOB)
    refused = framecast("submit", "job.yaml", path=tmp_path, cwd=tmp_path)
    assert refused.returncode == 2
    assert "job.yaml:4:9 model: no model is called 'blur'" in refused.stderr
