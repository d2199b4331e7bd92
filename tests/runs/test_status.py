"""How a run stands, from its folder alone: also after its process was killed without a word."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from framecast.plugin.events import (
    CheckpointSaved,
    DatasetLoaded,
    Evaluated,
    Event,
    RunFailed,
    RunFinished,
    RunInterrupted,
    RunStarted,
    StepDone,
    Warned,
)
from framecast.runs.driver import heartbeat
from framecast.runs.run_folder import RunFolder
from framecast.runs.status import Status

STARTED = RunStarted(1, 0, 0, 0, 10, 20, 1, "cpu", "fp32", "torch", 227, time=100.0)
STEP = StepDone(7, 0, 0.5, None, 1e-3, None, False, 0.01, {}, time=107.0)


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return RunFolder.create(tmp_path, "demo")


def state(run: RunFolder, *events: Event) -> str:
    for event in events:
        run.journal.append(event)
    return Status.of(run).state


def test_a_run_that_was_never_driven_has_died(run: RunFolder) -> None:
    assert state(run) == "died"


def test_a_run_is_starting_and_then_running_while_its_process_lives(run: RunFolder) -> None:
    with heartbeat(run):  # this very process drives it
        assert state(run) == "starting"
        assert state(run, STARTED, STEP) == "running"


def test_a_run_whose_process_was_killed_has_died(run: RunFolder) -> None:
    """A real process, really killed: it has no chance to write a last word."""
    code = (
        "import sys; from pathlib import Path\n"
        "from framecast.runs.run_folder import RunFolder; from framecast.runs.driver import heartbeat\n"
        "with heartbeat(RunFolder(Path(sys.argv[1]))): print('alive', flush=True); sys.stdin.read()"
    )
    driver = subprocess.Popen(
        [sys.executable, "-c", code, str(run.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert driver.stdout is not None
    assert driver.stdout.readline() == "alive\n"
    assert state(run, STARTED, STEP) == "running"
    driver.send_signal(signal.SIGKILL)
    driver.communicate()
    assert state(run) == "died"
    assert "resume" in Status.of(run).reason


def test_a_run_driven_on_another_machine_runs_while_its_signs_are_fresh(run: RunFolder) -> None:
    sign = {"host": "another-machine", "process": 1, "seen": time.time()}
    (run.path / "driver.json").write_text(json.dumps(sign))
    assert state(run, STARTED) == "running"
    (run.path / "driver.json").write_text(json.dumps({**sign, "seen": time.time() - 3600}))
    assert Status.of(run).state == "died"


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "{}", '{"host": null, "process": null}'])
def test_a_driver_file_that_cannot_be_read_is_no_driver(content: str, run: RunFolder) -> None:
    (run.path / "driver.json").write_text(content)
    assert state(run, STARTED) == "died"


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (RunFinished(20, "epochs"), "finished"),
        (RunInterrupted(9, "Ctrl-C"), "interrupted"),
        (RunFailed(9, "loss is nan"), "failed"),
    ],
)
def test_the_last_word_decides_and_gives_the_reason(event: Event, expected: str, run: RunFolder) -> None:
    assert state(run, STARTED, STEP, event) == expected
    assert Status.of(run).reason == vars(event)["reason"]


def test_a_run_that_goes_on_is_running_again(run: RunFolder) -> None:
    with heartbeat(run):
        assert state(run, STARTED, STEP, RunInterrupted(7, "Ctrl-C"), STARTED) == "running"
    assert Status.of(run).attempt == 2


def evaluated(step: int, name: str, loss: float) -> Evaluated:
    return Evaluated(step, step // 10, name, "validation", {"validation/loss": loss}, {}, 4, 0.1)


def test_the_best_scores_are_those_of_the_best_checkpoint_beside_the_baselines(run: RunFolder) -> None:
    for event in [
        STARTED,
        evaluated(10, "black", 0.9),
        evaluated(10, "model", 0.2),
        CheckpointSaved(10, 1, "step-00000010", True, "validation/loss", 0.2),
        evaluated(20, "model", 0.3),
        CheckpointSaved(20, 2, "step-00000020", False, "validation/loss", 0.3),
    ]:
        run.journal.append(event)
    status = Status.of(run)
    assert (status.best_step, status.best, status.best_value) == (10, {"validation/loss": 0.2}, 0.2)
    assert status.baselines == {"black": {"validation/loss": 0.9}}
    assert status.monitor == "validation/loss"


def test_step_loss_and_length_come_from_the_last_attempt(run: RunFolder) -> None:
    state(run, STARTED, STEP)
    status = Status.of(run)
    assert (status.step, status.total_steps, status.epoch, status.loss, status.seconds) == (7, 20, 0, 0.5, 7.0)


def test_warnings_of_the_data_and_of_the_course_are_kept_each_once(run: RunFolder) -> None:
    read = [DatasetLoaded(split, 4, 1, 0, [], warnings=["rain: 93 % masked"]) for split in ("train", "validation")]
    for event in (STARTED, *read, STEP, Warned(7, "the tracker is away")):
        run.journal.append(event)
    assert Status.of(run).warnings == ["rain: 93 % masked", "the tracker is away"]
