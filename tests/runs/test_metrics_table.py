"""metrics.csv: one row for each evaluation of the model, whatever was resumed in between."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from framecast.plugin.events import Evaluated, Event, RunStarted, StepDone
from framecast.runs.metrics_table import MetricsTable
from framecast.runs.run_folder import RunFolder


def done(step: int, loss: float) -> StepDone:
    return StepDone(step, 0, loss, None, 1e-3, None, False, 0.01, {})


def evaluated(step: int, mse: float, name: str = "model") -> Evaluated:
    return Evaluated(step, step // 2, name, "validation", {"validation/mse": mse}, {}, 4, 0.1)


def started(step: int) -> RunStarted:
    return RunStarted(1, step, 0, 0, 2, 4, 1, "cpu", "fp32", "torch", 227)


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return RunFolder.create(tmp_path, "demo")


def rows(run: RunFolder) -> list[dict[str, str]]:
    with open(run.metrics, newline="") as stream:
        return list(csv.DictReader(stream))


def feed(run: RunFolder, *events: Event) -> None:
    table = MetricsTable(run)
    for event in events:
        run.journal.append(event)
        table(event)


def test_a_row_holds_the_scores_and_the_mean_training_loss_since_the_last_row(run: RunFolder) -> None:
    feed(run, done(1, 1.0), done(2, 3.0), evaluated(2, 0.5), done(3, 1.0), evaluated(4, 0.25))
    assert [(row["epoch"], row["step"], row["train/loss"], row["validation/mse"]) for row in rows(run)] == [
        ("1", "2", "2.0", "0.5"),
        ("2", "4", "1.0", "0.25"),
    ]


def test_baselines_have_no_row(run: RunFolder) -> None:
    feed(run, done(1, 1.0), evaluated(2, 0.9, name="black"), evaluated(2, 0.5))
    assert len(rows(run)) == 1


def test_nothing_is_written_before_the_first_evaluation(run: RunFolder) -> None:
    feed(run, started(0), done(1, 1.0))
    assert not run.metrics.exists()


def test_a_resumed_attempt_goes_on_below_the_rows_that_still_count(run: RunFolder) -> None:
    feed(run, started(0), done(1, 1.0), evaluated(2, 0.5), done(3, 9.0), evaluated(4, 9.0))
    run.journal.append(started(2))
    feed(run, done(3, 2.0), evaluated(4, 0.25))
    assert [(row["step"], row["train/loss"]) for row in rows(run)] == [("2", "1.0"), ("4", "2.0")]


def test_a_score_that_appears_later_gets_a_column_of_its_own(run: RunFolder) -> None:
    later = Evaluated(4, 2, "model", "validation", {"validation/ssim": 0.7}, {}, 4, 0.1)
    feed(run, evaluated(2, 0.5), later)
    assert [row["validation/ssim"] for row in rows(run)] == ["", "0.7"]
