"""Early activity recognition on the miniature, as a user goes about it: prepare, train, evaluate, resume,
report."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.torch import load_file

import framecast
from framecast.runs.run_folder import RunFolder

JOB = Path(__file__).resolve().parents[3] / "jobs" / "something_something_small.yaml"
SMALL = [
    "model.hidden_channels=[3, 4]",
    "training.batch_size=4",
    "data.size=24",
    "training.schedule.name=constant",
]


@pytest.fixture
def platform(tmp_path: Path):
    """Runs a command in a separate process, and returns what it said."""

    def command(*words: object) -> str:
        line = [sys.executable, "-m", "framecast", *map(str, words)]
        done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return command


def weights(run: RunFolder):
    return load_file((run.checkpoints / "last").resolve() / "model.safetensors")


@pytest.mark.slow
def test_from_the_official_files_to_a_report(platform, root: Path, runs: Path) -> None:
    data = [f"data.root={root}", *SMALL]
    prepared = platform("data", "prepare", JOB, f"root={root}", "size=24")
    assert "20" in prepared  # clips: 14 official training ones and 6 of validation

    platform("submit", JOB, *data, "training.max_steps=3", "--in-process")
    (stopped,) = (RunFolder(path) for path in (runs / "something_something_small").iterdir())
    platform("resume", stopped.id, "training.max_steps=6", "--in-process")
    undisturbed = RunFolder(framecast.run(JOB, *data, "training.max_steps=6", runs=runs, in_process=True).folder)
    for name, value in weights(undisturbed).items():
        assert value.equal(weights(stopped)[name]), name

    platform("evaluate", stopped.id, "--split", "test")
    (scores,) = stopped.path.glob("evaluation-test*.json")
    (row,) = json.loads(scores.read_text())["rows"]
    assert len(row["per_frame"]["accuracy"]) == 2
    assert [sum(map(sum, reading)) for reading in row["confusion"]] == [6, 6]  # each clip once

    page = stopped.report.read_text()
    assert "predicted after 25 % and 50 % of each clip" in page
    assert "Accuracy by observed share" in page
    assert "Confusion matrix" in page
    assert "Pushing something from left to ri" in page
