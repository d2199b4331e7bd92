"""Searches through a real Ray: failures are results, and a search that was killed goes on."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from framecast.job.compute import Compute
from framecast.job.search import Search
from framecast.launch.hardware import Resources
from framecast.launch.search.tune import concurrency
from framecast.plugin.events import RunStarted
from framecast.runs.checkpoints import CheckpointStore
from framecast.runs.status import Status
from framecast.search.results import Results
from framecast.search.search_folder import SearchFolder
from framecast.search.search_status import SearchStatus
from tests.wait_until import wait_until

MOODS = ("good", "better", "raises", "memory", "nan", "dies")


def written(
    folder: Path,
    moods: Sequence[str] = MOODS,
    epochs: int = 2,
    compute: Mapping[str, Any] | None = None,
    **search: Any,
) -> Path:
    """A job file with a search over these moods of the model; `search` adds to its section, or replaces keys."""
    job = {
        "name": "moods",
        "task": {"name": "video_prediction", "frames_in": 2, "frames_out": 2},
        "model": {"name": "moody"},
        "data": {"name": "moving_mnist", "size": 16, "digit_size": 7, "train_clips": 16, "validation_clips": 4},
        "metrics": ["mse"],
        "training": {
            "epochs": epochs,
            "batch_size": 4,
            "strategy": "torch",
            "optimizer": {"learning_rate": 1.0e-4},
        },
        "compute": {"cpus_per_worker": 1, **(compute or {})},
        "plugins": ["./moody.py"],
        "search": {
            "parameters": {"model.mood": {"grid": list(moods)}},
            "objectives": {"validation/mse": "min"},
            "searcher": "grid",
            "scheduler": "none",
            "retries": 0,
            **search,
        },
    }
    file = folder / "moods.yaml"
    YAML().dump(job, file)
    return file


def command(*arguments: str, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "framecast", *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def only_search(folder: Path) -> SearchFolder:
    (found,) = SearchFolder.all(folder / "runs")
    return found


@pytest.mark.slow
@pytest.mark.ray
def test_failures_are_results_and_the_search_goes_on(moody: Path, tmp_path: Path) -> None:
    """One trial raises, one runs out of memory, one returns NaN, one is killed: four explained failures."""
    done = command("submit", str(written(tmp_path, retries=1)), folder=tmp_path)
    said, _ = done.communicate(timeout=300)
    assert done.returncode == 0, said
    results = Results.of(only_search(tmp_path))
    by_mood = {trial.point["model.mood"]: trial for trial in results.trials}
    assert len(by_mood) == 6
    assert results.best.point == {"model.mood": "better"}
    assert "the author divided by zero" in by_mood["raises"].reason
    assert "loss is nan" in by_mood["nan"].reason
    assert by_mood["dies"].reason == "its process was killed, or died"
    for mood in ("raises", "nan", "dies"):
        assert (by_mood[mood].state, by_mood[mood].attempt) == ("failed", 2)
    # with half the clips at a time it fits: the same global batch, in two parts
    assert (by_mood["memory"].state, by_mood["memory"].attempt) == ("finished", 2)
    first, second = (
        trial for trial in only_search(tmp_path).all_trials() if trial.point["model.mood"] == "memory"
    )
    assert first.state == "failed"
    assert "out of memory" in first.reason
    assert "accumulate: 2" in second.run.plan.read_text()
    assert "6 trials: 3 finished, 3 failed" in said
    assert "best: trial 2 (model.mood=better)" in said


@pytest.mark.slow
@pytest.mark.ray
def test_a_trial_may_have_workers_of_its_own(moody: Path, tmp_path: Path) -> None:
    """Which Ray Train starts, beside the trial's own process."""
    job = written(tmp_path, ["good", "better"], compute={"workers": 2})
    done = command("submit", str(job), folder=tmp_path)
    said, _ = done.communicate(timeout=300)
    assert done.returncode == 0, said
    results = Results.of(only_search(tmp_path))
    assert results.states == {"finished": 2}
    assert results.best.point == {"model.mood": "better"}
    started = [event for event in results.best.run.journal.read() if isinstance(event, RunStarted)]
    assert [event.workers for event in started] == [2]


@pytest.mark.slow
@pytest.mark.ray
def test_a_killed_search_goes_on_and_runs_no_finished_trial_again(moody: Path, tmp_path: Path) -> None:
    space = {"model.mood": {"grid": ["good", "better"]}, "training.seed": {"grid": [1, 2, 3]}}
    job = written(tmp_path, epochs=3, parameters=space)
    running = command("submit", str(job), folder=tmp_path)
    wait_until(lambda: finished(tmp_path), "the end of a trial", running)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    before = {name: (run / "events.jsonl").read_text() for name, run in finished(tmp_path).items()}
    assert 0 < len(before) < 6

    resumed = command("resume", "moods", folder=tmp_path)
    said, _ = resumed.communicate(timeout=300)
    assert resumed.returncode == 0, said
    results = Results.of(only_search(tmp_path))
    assert results.states == {"finished": 6}
    assert len({json.dumps(trial.point) for trial in results.trials}) == 6
    for name, events in before.items():
        assert (only_search(tmp_path).trials_folder / name / "events.jsonl").read_text() == events


def finished(folder: Path) -> dict[str, Path]:
    """The run folders of trials that have finished."""
    runs = folder.glob("runs/moods/*/trials/*/events.jsonl")
    return {file.parent.name: file.parent for file in runs if '"RunFinished"' in file.read_text()}


@pytest.mark.parametrize(
    ("compute", "resources", "asked", "expected"),
    [
        ({"cpus_per_worker": 1}, Resources.of_one(8, 0), None, 8),
        ({"cpus_per_worker": 1, "workers": 3}, Resources.of_one(8, 0), None, 2),
        ({"cpus_per_worker": 4, "gpus_per_worker": 1}, Resources.of_one(64, 4), None, 4),
        ({"cpus_per_worker": 1}, Resources.of_one(8, 0), 2, 2),
        ({"cpus_per_worker": 2, "gpus_per_worker": 1, "workers": 2}, Resources.of_one(6, 8), None, 1),
    ],
)
def test_as_many_trials_at_once_as_the_machine_holds(
    compute: dict[str, Any], resources: Resources, asked: int | None, expected: int
) -> None:
    search = Search(parameters={"model.rank": {"int": (1, 2)}}, concurrent=asked)  # type: ignore[dict-item]
    settled = Compute(**{"gpus_per_worker": 0, **compute})
    assert concurrency(search, settled, resources) == expected


def test_a_gpu_is_shared_by_the_trials_that_ask_for_a_part_of_it() -> None:
    search = Search(parameters={"model.rank": {"int": (1, 2)}})  # type: ignore[dict-item]
    compute = Compute(cpus_per_worker=1, gpus_per_worker=0.25)
    assert concurrency(search, compute, Resources.of_one(16, 2)) == 8


@pytest.mark.ray
@pytest.mark.slow
@pytest.mark.parametrize(("domain", "searcher"), [("grid", "grid"), ("choice", "random")])
def test_a_small_space_ends_as_finished_and_the_terminal_shows_our_words_only(
    domain: str, searcher: str, moody: Path, tmp_path: Path
) -> None:
    """On a terminal Ray's warnings, reporters and libraries would write between the lines of the table."""
    space = {"model.mood": {domain: ["good", "better"]}}
    job = written(tmp_path, epochs=1, parameters=space, searcher=searcher)
    code, shown = on_a_terminal("submit", str(job), folder=tmp_path)
    assert code == 0, shown
    assert "finished (all 2 points of the space tried)" in shown
    assert "2 trials: 2 finished" in shown
    for foreign in ("WARNING", "INFO ", "ray", "9223372036854775807", "Failed to", "metrics_agent", "Traceback"):
        assert foreign not in shown.replace(str(tmp_path), "")
    assert "9223372036854775807" in (only_search(tmp_path).logs / "driver.log").read_text()
    again = command("resume", "moods", folder=tmp_path)
    said, _ = again.communicate(timeout=120)
    assert again.returncode == 2
    assert "is finished (all 2 points of the space tried)" in said


@pytest.mark.ray
@pytest.mark.slow
@pytest.mark.parametrize(("by", "code"), [("platform stop", 130), ("SIGTERM", 143)])
def test_a_stopped_search_keeps_checkpoints_and_continues_with_its_trials(
    moody: Path, tmp_path: Path, by: str, code: int
) -> None:
    job = written(tmp_path, ["good", "better"], epochs=60)
    running = command("submit", str(job), folder=tmp_path)
    checkpoints = "runs/moods/*/trials/0001/checkpoints/step-*"
    wait_until(lambda: list(tmp_path.glob(checkpoints)), "the first checkpoint", running)
    if by == "SIGTERM":
        running.send_signal(signal.SIGTERM)
    else:
        stop = command("stop", "moods", folder=tmp_path)
        said, _ = stop.communicate(timeout=120)
        assert stop.returncode == 0, said
        assert "is interrupted after" in said
    assert running.wait(timeout=60) == code
    status = SearchStatus.of(only_search(tmp_path))
    assert (status.state, status.reason) == ("interrupted", by)
    stopped = [trial for trial in status.results.trials if trial.state == "interrupted"]
    assert stopped
    for trial in stopped:
        newest = CheckpointStore(trial.run.checkpoints).all()[0]
        assert newest.step == Status.of(trial.run).step, "a checkpoint at the very step"
    resumed = command("resume", "moods", folder=tmp_path)
    said, _ = resumed.communicate(timeout=300)
    assert resumed.returncode == 0, said
    assert Results.of(only_search(tmp_path)).states == {"finished": 2}
    for trial in stopped:
        starts = [event for event in trial.run.journal.raw() if isinstance(event, RunStarted)]
        assert [event.step for event in starts[1:]] != [0]


def on_a_terminal(*arguments: str, folder: Path) -> tuple[int, str]:
    """The exit code of a command, and what a terminal of 120 columns got from it."""
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "framecast", *arguments],
        cwd=folder,
        env={**os.environ, "COLUMNS": "120", "TERM": "xterm"},
        stdin=child,
        stdout=child,
        stderr=child,
        start_new_session=True,
    )
    os.close(child)
    shown = b""
    with contextlib.suppress(OSError):  # Linux says so when the other side is closed
        while piece := os.read(parent, 65536):
            shown += piece
    os.close(parent)
    return process.wait(timeout=60), shown.decode(errors="replace")
