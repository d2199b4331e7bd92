"""Every job in jobs/ does what its head says, in a folder of the user's with the data in the place that it names.

The default suite resolves each job there, and reads its data as a process elsewhere does. `make test-slow` gives
the commands of each head: `platform data prepare` where one is needed, then `platform submit`, on Ray. What is
overridden makes the training small; paths never are.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from framecast.job.load import load_plan, read_plan
from framecast.runs.run_folder import RunFolder
from framecast.runs.status import Status
from framecast.search.find import find_run, find_search
from framecast.search.results import Results
from tests import true_data

JOBS = sorted((Path(__file__).parents[2] / "jobs").glob("*.yaml"))

DATA: dict[str, Callable[[Path], None]] = {
    "kth": true_data.make_kth,
    "videos": true_data.make_videos,
    "radar": true_data.make_radar,
    "something": true_data.make_something,
}
"""Makes each folder below data/ that a job names."""

SHORT = ["training.max_steps=2", "training.epochs=1", "training.batch_size=2", "compute.cpus_per_worker=1"]
TT = ["model.layers_per_block=[1]", "model.hidden_channels=[4]", "model.skip_stride=null", "model.rank=2"]
RECOGNISER = ["model.layers_per_block=[1]", "model.hidden_channels=[4]", "model.strides=[2]"]
FEW = ["data.train_clips=4", "data.validation_clips=2"]
MNIST = [*FEW, "data.size=32", "data.digit_size=14"]
KTH = ["data.size=32", "compute.data_processes=0"]
TWO_TRIALS = ["search.trials=2", "search.concurrent=1", *FEW]

SMALLER: dict[str, list[str]] = {
    "demo": [*SHORT, *FEW],
    "digit_motions": [*SHORT, *FEW],
    "digit_motions_conv3d": [*SHORT, *FEW],
    "digit_motions_conv_lstm": [*SHORT, *FEW],
    "kth": [*SHORT, *KTH, *TT],
    "kth_conv_lstm": [*SHORT, *KTH, *TT[:3]],
    "kth_recognition": [*SHORT, *KTH, *RECOGNISER],
    "kth_recognition_conv3d": [*SHORT, *KTH, "model.hidden_channels=[4]", "model.strides=[2]"],
    "kth_recognition_conv_lstm": [*SHORT, *KTH, *RECOGNISER],
    "moving_mnist": [*SHORT, *MNIST, *TT],
    "moving_mnist_conv_lstm": [*SHORT, *MNIST, *TT[:3]],
    "moving_mnist_persistence": [*SHORT, *MNIST],
    "moving_mnist_predrnn": [*SHORT, *MNIST, "model.hidden_channels=[4]"],
    "moving_mnist_simvp": [*SHORT, *MNIST, "model.spatial_channels=4", "model.temporal_channels=16"],
    "radar": [*SHORT, "compute.data_processes=0"],
    "search_demo": [*SHORT, *TWO_TRIALS],
    "search_tt": [*SHORT, *TWO_TRIALS, *MNIST[2:], *TT[:3]],
    "something_something": [
        *(*SHORT, *RECOGNISER, "data.size=32", "data.augmentation.crop=24", "compute.data_processes=0")
    ],
    "something_something_small": SHORT,
    "video_folder": SHORT,
}


def folder_named(job: Path) -> str:
    """The folder below data/ that the job, or the one that it extends, names; "" where it needs no files."""
    text = job.read_text()
    extended = re.search(r"^extends: (\S+)", text, flags=re.M)
    named = re.search(r"^  (?:root|path): data/(\w+)", text, flags=re.M)
    if named:
        return named[1]
    return folder_named(job.parent / extended[1]) if extended else ""


def needs_preparation(job: Path) -> bool:
    return "platform data prepare" in job.read_text()


@pytest.fixture(scope="module")
def true_folders(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Makes `data/NAME` in a folder kept for the module, and says where it is."""
    base = tmp_path_factory.mktemp("true")

    def made(name: str) -> Path:
        if not (base / name).exists():
            DATA[name](base / name)
        return base / name

    return made


@pytest.fixture
def home(tmp_path: Path, true_folders: Callable[[str], Path], request: pytest.FixtureRequest) -> Path:
    """A folder with nothing but the data of the job, which the test's parameter names."""
    folder = tmp_path / "somebody's folder"
    folder.mkdir()
    name = folder_named(request.getfixturevalue("job"))
    if name:
        shutil.copytree(true_folders(name), folder / "data" / name)
    return folder


def platform(folder: Path, *arguments: object) -> str:
    """What the real command prints in the folder; it must succeed."""
    done = subprocess.run(
        [sys.executable, "-m", "framecast", *map(str, arguments)],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name != "FRAMECAST_RUNS"},
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def data_settings(overrides: list[str]) -> list[str]:
    return [each.removeprefix("data.") for each in overrides if each.startswith("data.")]


def test_every_job_is_tried() -> None:
    assert sorted(SMALLER) == [job.stem for job in JOBS]
    assert {folder_named(job) for job in JOBS} == {"", *DATA}
    paths = ("data.root", "data.path", "data.classes")
    assert not [each for overrides in SMALLER.values() for each in overrides if each.startswith(paths)]


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.stem)
def test_its_data_are_read_from_another_folder(
    job: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home)
    monkeypatch.setenv("PWD", str(home))
    text = load_plan(job, SMALLER[job.stem], [])[1].to_yaml()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")  # as Ray does with its workers
    data, frames = read_plan(text).data, read_plan(text).frames
    if data.declaration.prepare and folder_named(job):
        data.declaration.prepare(data.settings, lambda done, total: None)
    if data.declaration.ready:
        data.declaration.ready(data.settings)
    for split in ("train", "validation"):
        clips: Any = data.declaration.build(data.settings, split, frames)
        assert len(clips[0]["frames"]) == frames
    assert not list((tmp_path / "elsewhere").iterdir())


@pytest.mark.slow
@pytest.mark.ray
@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.stem)
def test_it_is_submitted_on_ray_as_its_head_says(job: Path, home: Path) -> None:
    overrides = SMALLER[job.stem]
    if needs_preparation(job):
        platform(home, "data", "prepare", job, *data_settings(overrides))
    said = platform(home, "submit", job, *overrides)
    root = home / "runs"
    if job.stem.startswith("search"):
        assert Results.of(find_search(job.stem, root)).states == {"finished": 2}, said
        return
    status = Status.of(find_run(job.stem, root))
    assert (status.state, status.attempt) == ("finished", 1)
    assert status.best or job.stem == "moving_mnist_persistence"


@pytest.mark.slow
@pytest.mark.ray
@pytest.mark.parametrize("job", [job for job in JOBS if job.stem == "video_folder"], ids=["video_folder"])
def test_several_workers_evaluate_what_was_trained_there_from_any_folder(job: Path, home: Path) -> None:
    platform(home, "data", "prepare", job)
    platform(home, "submit", job, *SHORT, "--in-process")
    run = find_run("video_folder", home / "runs").path
    (home / "elsewhere").mkdir()
    assert "test clips of video_folder" in platform(home / "elsewhere", "evaluate", run, "compute.workers=2")
    platform(home / "elsewhere", "resume", run, "training.max_steps=3", "--in-process")
    assert Status.of(RunFolder(run)).step == 3
