"""The closing words and the commands they offer."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import framecast
from framecast.job.plan import Plan
from framecast.report.closing import closing, next_commands, own_command
from framecast.runs.events import RunInterrupted
from framecast.runs.folder import RunFolder
from framecast.runs.status import Status


@pytest.fixture
def finished(tiny_job: Callable[..., dict[str, Any]], runs: Path) -> RunFolder:
    job = tiny_job(training={"epochs": 1, "max_hours": 5.0})
    return RunFolder(framecast.run(job, runs=runs, in_process=True).folder)


def test_the_best_score_stands_beside_what_no_training_gives(
    finished: RunFolder, tiny_plan: Callable[..., Plan]
) -> None:
    status = Status.of(finished)
    said = closing(finished, status, tiny_plan())
    assert f"best validation/mse: {status.best['validation/mse']:.5f} at step 6" in said
    for name in ("black", "last_frame"):
        assert f"{status.baselines[name]['validation/mse']:.5f}" in said


def test_three_commands_follow_with_the_run_filled_in(finished: RunFolder, tiny_plan: Callable[..., Plan]) -> None:
    plan = tiny_plan(training={"epochs": 1, "max_hours": 5.0})
    commands = next_commands(finished, Status.of(finished), plan)
    assert len(commands) == 3
    assert f"status {finished.id}" in commands[0]
    # twice the epochs, and no limit in the way of them
    assert commands[1].endswith(f"resume {finished.id} training.epochs=2 training.max_hours=null")


def test_an_interrupted_run_offers_to_go_on_first(finished: RunFolder, tiny_plan: Callable[..., Plan]) -> None:
    finished.journal.append(RunInterrupted(6, "Ctrl-C"))
    status = Status.of(finished)
    assert next_commands(finished, status, tiny_plan())[0].endswith(f"resume {finished.id}")
    assert "interrupted at step 6: Ctrl-C" in closing(finished, status, tiny_plan())


def test_a_report_that_could_not_be_made_is_owned_up_to(
    finished: RunFolder, tiny_plan: Callable[..., Plan]
) -> None:
    finished.report.unlink(missing_ok=True)
    assert "could not be made, see " in closing(finished, Status.of(finished), tiny_plan())


def test_the_command_is_written_so_that_it_can_be_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "bin" / "platform"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "argv", [str(program)])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "/nowhere")
    assert own_command() == "bin/platform"
    monkeypatch.setenv("PATH", str(program.parent))
    assert own_command() == "platform"
    monkeypatch.setattr(sys, "argv", ["/x/framecast/__main__.py"])
    assert own_command() == "python -m framecast"
