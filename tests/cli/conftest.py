"""A run made by a real tiny training, shared by the tests of the verbs that look at runs; and the command."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from framecast.cli.app import main

JOB = """\
name: tiny
task: {name: video_prediction, frames_in: 2, frames_out: 2}
model: {name: conv_lstm, layers_per_block: [1], hidden_channels: [2], kernel_size: 3}
data: {name: moving_mnist, size: 16, digit_size: 7, train_clips: 8, validation_clips: 4}
training: {epochs: 1, batch_size: 4, strategy: torch}
"""


class Trained(NamedTuple):
    """The run's folder, and what the command that made it said."""

    folder: Path
    code: int
    said: str

    @property
    def root(self) -> Path:
        return self.folder.parent.parent


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """One epoch of two steps, in a separate process."""
    here = tmp_path_factory.mktemp("trained")
    (here / "job.yaml").write_text(JOB)
    done = subprocess.run(
        [sys.executable, "-m", "framecast", "submit", "job.yaml", "--in-process"],
        cwd=here,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (folder,) = (here / "runs" / "tiny").iterdir()
    return Trained(folder, done.returncode, done.stdout + done.stderr)


class Answer(NamedTuple):
    code: int
    out: str
    err: str


Command = Callable[..., Answer]


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    """`platform ...` in this process, in an empty folder: `platform("list", "--json")`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FRAMECAST_RUNS", raising=False)

    def command(*arguments: object) -> Answer:
        monkeypatch.setattr(sys, "argv", ["platform", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            main()
        captured = capsys.readouterr()
        return Answer(int(left.value.code or 0), captured.out, captured.err)

    return command
