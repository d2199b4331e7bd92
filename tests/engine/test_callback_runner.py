"""What goes wrong in a callback is told where users look, and costs no training."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from framecast.engine import background_callback as background
from framecast.engine import callback_runner as listeners
from framecast.engine.distributed_context import DistributedContext
from framecast.engine.loop import train
from framecast.errors import InputError
from framecast.job.document import Document
from framecast.job.plan import Plan
from framecast.job.resolve import make_plan
from framecast.launch.launch import create_run, launch, resumed_plan
from framecast.plugin.events import RunFinished, Warned
from framecast.registry.registry import Registry
from framecast.runs.folder import RunFolder
from framecast.runs.status import Status

_PLUGIN = """
import time

import framecast


def builds_never(settings, folder):
    raise KeyError("no http://user:password@host/ here")


def fails_at_the_end(settings, folder):
    def listen(event):
        if isinstance(event, framecast.events.RunFinished):
            raise ValueError("too late")
    return listen


def down(settings, folder):
    def listen(event):
        raise ConnectionError("the server is down")
    return listen


def slow(settings, folder):
    return lambda event: time.sleep(0.02)


def background_stop(settings, folder):
    def listen(event):
        if isinstance(event, framecast.events.StepDone):
            return framecast.Stop("seen enough")
    return listen


def not_ready(settings):
    raise framecast.InputError("log in first")


def breaks_when_asked(settings):
    raise RuntimeError("a bug")


@framecast.hookimpl
def framecast_callbacks():
    yield framecast.Callback(name="builds_never", summary="", build=builds_never)
    yield framecast.Callback(name="fails_at_the_end", summary="", build=fails_at_the_end)
    yield framecast.Callback(name="down", summary="", build=down, background=True)
    yield framecast.Callback(name="slow", summary="", build=slow)
    yield framecast.Callback(name="background_stop", summary="", build=background_stop, background=True)
    yield framecast.Callback(name="not_ready", summary="", build=slow, ready=not_ready)
    yield framecast.Callback(name="breaks_when_asked", summary="", build=slow, ready=breaks_when_asked)
    yield framecast.Callback(
        name="refuses", summary="", build=slow, accepts=lambda settings, measured: f"not with {measured[-1]}"
    )
"""


@pytest.fixture
def plan_with(tmp_path: Path, tiny_job: Callable[..., dict[str, Any]]) -> Callable[..., Plan]:
    file = tmp_path / "callbacks.py"
    file.write_text(_PLUGIN)
    registry = Registry.discover([str(file)])
    return lambda *callbacks, **training: make_plan(
        Document.from_data(tiny_job(callbacks=list(callbacks), training={"epochs": 1, **training})), registry
    )


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.set_num_threads(1)
    monkeypatch.setattr(background, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(background, "PATIENCE", 0.2)


def trained(plan: Plan, root: Path) -> RunFolder:
    run = create_run(plan, Document.from_data({}), root)
    train(plan, run, DistributedContext.single_process(torch.device("cpu")))
    return run


def notices(run: RunFolder) -> list[str]:
    return [event.message for event in run.journal.read() if isinstance(event, Warned)]


def test_a_callback_that_cannot_be_built_refuses_the_job_and_leaves_nothing(
    plan_with: Callable[..., Plan], runs: Path
) -> None:
    plan = plan_with("slow", "builds_never")
    run = create_run(plan, Document.from_data({}), runs)
    with pytest.raises(InputError) as refused:
        launch(plan, run, in_process=True)
    (problem,) = refused.value.problems
    assert problem.key == "callbacks.1"
    assert problem.message == ("callback builds_never cannot be built: KeyError: 'no http://***@host/ here'")
    assert not run.path.exists()


def test_a_resumed_run_whose_callbacks_cannot_be_built_stays_as_it_was(
    plan_with: Callable[..., Plan], runs: Path
) -> None:
    run = trained(plan_with(), runs)
    before = run.journal.file.read_bytes()
    with pytest.raises(InputError, match="builds_never"):
        launch(plan_with("builds_never", epochs=2), run, in_process=True)
    assert run.journal.file.read_bytes() == before
    assert Status.of(run).state == "finished"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("not_ready", "log in first"),
        ("breaks_when_asked", "callback breaks_when_asked is not ready: RuntimeError: a bug"),
    ],
)
def test_what_is_not_ready_is_refused_before_a_folder_is_made(
    plan_with: Callable[..., Plan], runs: Path, name: str, message: str
) -> None:
    with pytest.raises(InputError) as refused:
        create_run(plan_with(name), Document.from_data({}), runs)
    assert str(refused.value) == f"callbacks.0: {message}"
    assert not runs.exists()


def test_a_run_is_not_resumed_where_a_callback_is_not_ready(plan_with: Callable[..., Plan], runs: Path) -> None:
    run = trained(plan_with("slow"), runs)
    run.plan.write_text(plan_with("not_ready", epochs=2).to_yaml())
    with pytest.raises(InputError, match=r"callbacks\.0: log in first"):
        resumed_plan(run, ["training.epochs=3"])


def test_a_callback_refuses_scores_that_it_cannot_work_with(plan_with: Callable[..., Plan]) -> None:
    with pytest.raises(InputError, match=r"callbacks\.0: refuses: not with validation/ssim"):
        plan_with("refuses")


def test_an_error_at_the_very_end_is_told_and_the_run_counts_as_finished(
    plan_with: Callable[..., Plan], runs: Path
) -> None:
    run = trained(plan_with("fails_at_the_end"), runs)
    told = "callback fails_at_the_end failed and is switched off: ValueError: too late"
    assert notices(run) == [told]
    status = Status.of(run)
    assert (status.state, status.reason) == ("finished", "epochs")
    assert status.warnings == [told]


def test_the_loss_of_tracking_is_told_and_training_continues(plan_with: Callable[..., Plan], runs: Path) -> None:
    run = trained(plan_with("down"), runs)
    began, lost = notices(run)
    assert began.startswith("callback down cannot deliver (the server is down)")
    assert "not delivered" in lost
    assert Status.of(run).state == "finished"
    assert any(isinstance(event, RunFinished) for event in run.journal.read())


def test_a_slow_callback_is_told_once(
    plan_with: Callable[..., Plan], runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listeners, "SLOW_SECONDS", 0.1)
    monkeypatch.setattr(listeners, "SLOW_SHARE", 1e-6)
    (told,) = notices(trained(plan_with("slow", epochs=2), runs))
    assert told.startswith("callback slow is slow: it has taken ")


def test_a_callback_in_the_background_may_end_the_run(plan_with: Callable[..., Plan], runs: Path) -> None:
    ended = trained(plan_with("background_stop", epochs=200), runs).journal.read()[-1]
    assert isinstance(ended, RunFinished)
    assert ended.reason == "background_stop: seen enough"
