"""A run that goes on by itself, watched and stopped from other shells: real processes, as a user starts them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from framecast.plugin.events import StepDone
from framecast.runs.run_folder import RunFolder
from framecast.runs.status import Status

Shell = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def shell(tmp_path: Path, runs: Path) -> Shell:
    def command(*arguments: str) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "framecast", *arguments]
        environment = {**os.environ, "FRAMECAST_RUNS": str(runs)}
        return subprocess.run(line, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    return command


@pytest.fixture
def run(shell: Shell, tmp_path: Path, runs: Path, tiny_job: Callable[..., dict[str, Any]]) -> Iterator[RunFolder]:
    """One that would train for long, some steps after it was left alone."""
    YAML().dump(tiny_job(training={"epochs": 100_000}), tmp_path / "job.yaml")
    done = shell("submit", "job.yaml", "--detach", "--in-process")
    assert done.returncode == 0, done.stderr
    (run,) = RunFolder.all(runs)
    try:
        assert f"logs -f {run.id}" in done.stdout
        for _ in range(1200):
            if any(isinstance(event, StepDone) for event in run.journal.raw()):
                break
            time.sleep(0.05)
        else:
            raise AssertionError(run.logs.joinpath("driver.log").read_text())
        yield run
    finally:
        if Status.of(run).state == "running":
            shell("stop", run.id)


@pytest.mark.slow
def test_it_is_followed_stopped_and_resumed_from_other_shells(shell: Shell, run: RunFolder) -> None:
    assert ": running" in shell("status", run.id).stdout
    refused = shell("resume", run.id, "--in-process")
    assert refused.returncode == 2
    assert "is running: nothing to resume" in refused.stderr
    assert "console | training 639 parameters" in shell("logs", run.id).stdout
    stopped = shell("stop", run.id)
    assert stopped.returncode == 0, stopped.stderr
    assert f"run {run.id} is interrupted at step" in stopped.stdout
    status = Status.of(run)
    assert (status.state, status.reason) == ("interrupted", "platform stop")
    again = shell("resume", run.id, "--in-process", f"training.max_steps={status.step + 3}")
    assert again.returncode == 0, again.stdout + again.stderr
    assert Status.of(run).step == status.step + 3
    twice = shell("stop", run.id)
    assert twice.returncode == 2
    assert "is finished: nothing to stop" in twice.stderr
    nobody = shell("logs", run.id, "--rank", "7")
    assert nobody.returncode == 2
    assert "has no worker 7" in nobody.stderr
