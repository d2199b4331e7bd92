"""The closing words and the commands they offer."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import framecast
from framecast.job.document import Document
from framecast.job.plan import Plan
from framecast.launch.launch import create_run, launch, resumed_plan
from framecast.plugin.events import Evaluated, RunInterrupted
from framecast.report.run_summary import next_commands, run_summary
from framecast.runs.run_folder import RunFolder
from framecast.runs.status import Status


@pytest.fixture
def finished(tiny_job: Callable[..., dict[str, Any]], runs: Path) -> RunFolder:
    job = tiny_job(training={"epochs": 1, "max_hours": 5.0})
    return RunFolder(framecast.run(job, runs=runs, in_process=True).folder)


def test_the_best_score_stands_beside_what_no_training_gives(
    finished: RunFolder, tiny_plan: Callable[..., Plan]
) -> None:
    status = Status.of(finished)
    said = run_summary(finished, status, tiny_plan())
    assert f"best checkpoint: step 6, best by validation/loss {status.best['validation/loss']:.5f}" in said
    assert f"{status.best['validation/mse']:.5f} (lower is better)" in said
    for name in ("black", "last_frame"):
        assert f"{status.baselines[name]['validation/mse']:.5f}" in said


def test_a_better_score_of_another_step_is_named_with_its_step(
    finished: RunFolder, tiny_plan: Callable[..., Plan]
) -> None:
    """The best checkpoint is that of the best loss; another evaluation may have had a better main metric."""
    scored = {"validation/loss": 9.0, "validation/mse": 0.0005}
    finished.journal.append(Evaluated(7, 1, "model", "validation", scored, {}, 4, 0.1))
    said = run_summary(finished, Status.of(finished), tiny_plan())
    assert "best checkpoint: step 6, best by validation/loss" in said
    assert "was lower at step 7: 0.00050; checkpoints.monitor=validation/mse keeps that one" in said


def test_commands_follow_with_the_run_filled_in(finished: RunFolder, tiny_plan: Callable[..., Plan]) -> None:
    plan = tiny_plan(training={"epochs": 1, "max_hours": 5.0})
    commands = next_commands(finished, Status.of(finished), plan)
    assert [each.partition(" ")[2] for each in commands] == [
        f"status {finished.id}",
        f"resume {finished.id} training.epochs=2",
        f"evaluate {finished.id}",
        f"predict {finished.id} FILE -o future.mp4",
    ]


def test_the_last_attempt_is_spoken_of_only_where_there_were_several(
    finished: RunFolder, tiny_plan: Callable[..., Plan]
) -> None:
    first = Status.of(finished)
    assert "finished (epochs): 6 steps, in " in run_summary(finished, first, tiny_plan())
    again = replace(first, attempt=2, step=1, seconds=61.0)
    said = run_summary(finished, again, tiny_plan())
    assert "finished (epochs): 1 step, the last of 2 attempts took 1 min 1 s" in said


@pytest.mark.parametrize(
    ("limit", "said", "advice"),
    [
        (
            {"max_steps": 4},
            "training.max_steps=4 ended it before training.epochs=2, which is 12 steps",
            "max_steps=8",
        ),
        ({"max_hours": 1e-9}, "training.max_hours=1e-09 (3.6e-06 seconds) ended it before", "max_hours="),
    ],
)
def test_a_limit_is_named_and_its_advice_trains_on(
    limit: dict[str, float], said: str, advice: str, tiny_plan: Callable[..., Plan], runs: Path
) -> None:
    plan = tiny_plan(training=limit)
    run = create_run(plan, Document.from_data({}), runs)
    first = launch(plan, run, in_process=True)
    assert first.state == "finished"
    assert said in run_summary(run, first, plan)
    more = shlex.split(next_commands(run, first, plan)[1])
    assert more[-3:-1] == ["resume", run.id]
    assert more[-1].startswith(f"training.{advice}")
    second = launch(resumed_plan(run, more[-1:]), run, in_process=True)
    assert (second.state, second.attempt) == ("finished", 2)
    assert second.step > first.step


def test_an_interrupted_run_offers_to_go_on_first(finished: RunFolder, tiny_plan: Callable[..., Plan]) -> None:
    finished.journal.append(RunInterrupted(6, "Ctrl-C"))
    status = Status.of(finished)
    assert next_commands(finished, status, tiny_plan())[0].endswith(f"resume {finished.id}")
    assert "interrupted at step 6: Ctrl-C" in run_summary(finished, status, tiny_plan())


def test_a_report_that_could_not_be_made_is_owned_up_to(
    finished: RunFolder, tiny_plan: Callable[..., Plan]
) -> None:
    finished.report.unlink(missing_ok=True)
    assert "could not be made, see " in run_summary(finished, Status.of(finished), tiny_plan())
