"""Resuming: what cannot start changes nothing, and what has nothing left to do is refused with words."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import framecast
from framecast.errors import InputError
from framecast.launch.launch import launch, resumed_plan
from framecast.plugin.events import RunInterrupted
from framecast.runs import layout
from framecast.runs.run_folder import RunFolder
from framecast.runs.status import Status
from tests.folder_content import folder_content
from tests.scaled_model import scaled_model

_BREAKS_WHERE_A_FILE_LIES_BESIDE_IT = """
from pathlib import Path
if (Path(__file__).parent / "broken").exists():
    raise ZeroDivisionError("an author was careless")
"""


@pytest.fixture
def finished(tiny_job: Callable[..., dict[str, Any]], runs: Path, tmp_path: Path) -> RunFolder:
    """A run of two epochs of two steps, with a model that can be broken afterwards."""
    (tmp_path / "careless.py").write_text(scaled_model("careless", in_build=_BREAKS_WHERE_A_FILE_LIES_BESIDE_IT))
    job = tiny_job(model="careless", data={"train_clips": 8}, plugins=[str(tmp_path / "careless.py")])
    return RunFolder(framecast.run(job, runs=runs, in_process=True).folder)


def contents(run: RunFolder) -> dict[str, bytes | str]:
    """Without the log of refusals, which a refused resume writes."""
    return {name: each for name, each in folder_content(run.path).items() if Path(name).name != layout.REFUSED_LOG}


def damage_all_checkpoints(run: RunFolder) -> None:
    for file in run.checkpoints.glob("step-*/model.safetensors"):
        file.write_bytes(b"noise")


def break_the_model(run: RunFolder) -> None:
    (run.root.parent / "broken").touch()


def ask_for_hardware_that_is_not_there(run: RunFolder) -> None:
    run.plan.write_text(run.plan.read_text().replace("cpus_per_worker: 1", "cpus_per_worker: 4000"))


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (damage_all_checkpoints, "no checkpoint can be restored"),
        (break_the_model, "an author was careless"),
        (ask_for_hardware_that_is_not_there, "CPU cores"),
    ],
)
def test_a_resume_that_cannot_start_leaves_the_run_as_it_was(
    finished: RunFolder, spoil: Callable[[RunFolder], None], told: str
) -> None:
    spoil(finished)
    before = contents(finished)
    with pytest.raises(InputError, match=told):
        launch(resumed_plan(finished, ["training.epochs=5"]), finished, in_process=True)
    assert contents(finished) == before
    assert Status.of(finished).state == "finished"


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        ([], r"is finished \(epochs\); give it more to do: .*training\.epochs=4"),
        (["training.epochs=1"], r"4 steps and 2 epochs are done, training\.epochs=1 leaves .*training\.epochs=4"),
        (["training.epochs=2", "training.optimizer.learning_rate=0.5"], r"training\.epochs=2 leaves nothing"),
        (["training.epochs=9", "training.max_steps=3"], r"training\.max_steps=3 leaves .*training\.max_steps=8"),
        (["training.epochs=9", "training.max_steps=4"], r"training\.max_steps=4 leaves nothing"),
        (["training.epochs=9", "training.max_hours=1e-9"], r"training\.max_hours=1e-09 leaves nothing"),
    ],
)
def test_a_resume_with_nothing_left_to_do_is_refused(finished: RunFolder, overrides: list[str], told: str) -> None:
    before = contents(finished)
    with pytest.raises(InputError, match=told):
        resumed_plan(finished, overrides)
    assert contents(finished) == before


def test_a_resume_that_can_start_continues(finished: RunFolder) -> None:
    status = launch(resumed_plan(finished, ["training.epochs=3"]), finished, in_process=True)
    assert (status.state, status.step, status.attempt) == ("finished", 6, 2)


def test_a_run_whose_checkpoints_were_deleted_may_begin_anew(finished: RunFolder) -> None:
    shutil.rmtree(finished.checkpoints)
    finished.checkpoints.mkdir()
    assert resumed_plan(finished, ["training.epochs=3"]).job.training.epochs == 3


def test_an_interrupted_run_is_refused_fewer_epochs_than_it_has_done(finished: RunFolder) -> None:
    finished.journal.append(RunInterrupted(4, "Ctrl-C"))
    with pytest.raises(
        InputError, match=r"is interrupted \(Ctrl-C\): 4 steps and 2 epochs are done, training\.epochs=1"
    ):
        resumed_plan(finished, ["training.epochs=1"])
    assert resumed_plan(finished, ["training.epochs=3"]).job.training.epochs == 3
