"""Runs and searches on GPUs as users submit them: Ray's processes get the devices that Ray gives them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from framecast.plugin.events import RunStarted
from framecast.runs.run_folder import RunFolder
from framecast.search.results import Results
from framecast.search.search_folder import SearchFolder
from tests.planned_runs import create, losses
from tests.simulated_gpu.training import JOBS, plan, train_here

pytestmark = pytest.mark.ray


def submit(folder: Path, job: dict[str, Any]) -> str:
    """What `platform submit` prints, run in a new folder; the run or search is in runs/ there."""
    YAML().dump(job, folder / "job.yaml")
    command = [sys.executable, "-m", "framecast", "submit", "job.yaml"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def started(run: RunFolder) -> RunStarted:
    (event,) = [event for event in run.journal.read() if isinstance(event, RunStarted)]
    return event


def test_a_run_on_two_gpus_trains_as_one_does(
    tmp_path: Path, runs: Path, needs_gpus: Callable[[int], None]
) -> None:
    needs_gpus(2)
    alone = losses(train_here(create(plan(), tmp_path / "one")))

    job = JOBS["conv_tt_lstm"]
    submit(tmp_path, {**job, "compute": {**job["compute"], "workers": 2, "gpus_per_worker": 1}})

    (run,) = RunFolder.all(runs)
    assert losses(run) == pytest.approx(alone, rel=1e-5)
    assert (started(run).workers, started(run).device) == (2, "cuda:0")


def test_trials_of_a_search_share_a_gpu(tmp_path: Path, runs: Path) -> None:
    job = JOBS["conv_tt_lstm"]
    search = {"parameters": {"model.rank": {"grid": [1, 2]}}, "searcher": "grid", "scheduler": "none"}
    submit(tmp_path, {**job, "search": search, "compute": {**job["compute"], "gpus_per_worker": 0.5}})

    (found,) = SearchFolder.all(runs)
    results = Results.of(found)
    assert results.states == {"finished": 2}
    assert {started(trial.run).device for trial in results.trials} == {"cuda:0"}
