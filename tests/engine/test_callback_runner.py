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
from framecast.engine.train import train
from framecast.errors import InputError
from framecast.job.document import Document
from framecast.job.plan import Plan
from framecast.job.resolve import make_plan
from framecast.launch.launch import create_run, launch, resumed_plan
from framecast.plugin.events import CheckpointSaved, RunFinished, StepDone, Warned
from framecast.registry.registry import Registry
from framecast.runs.run_folder import RunFolder
from framecast.runs.status import Status

_PLUGIN = """
import time

import framecast


def builds_never(settings, context):
    raise KeyError("no http://user:password@host/ here")


def fails_at_the_end(settings, context):
    def listen(event, context):
        if isinstance(event, framecast.events.RunFinished):
            raise ValueError("too late")
    return listen


def down(settings, context):
    def listen(event, context):
        raise ConnectionError("the server is down")
    return listen


def slow(settings, context):
    return lambda event, context: time.sleep(0.02)


def background_stop(settings, context):
    def listen(event, context):
        if isinstance(event, framecast.events.StepDone):
            context.request_stop("seen enough")
    return listen


def takes_events_only(settings, context):
    return lambda event: None


def saves(settings, context):
    def listen(event, context):
        if isinstance(event, framecast.events.StepDone) and event.step == 2:
            context.request_checkpoint()
    return listen


def writes_a_log(settings, context):
    def listen(event, context):
        if isinstance(event, framecast.events.RunStarted):
            context.logger.info("started %s", context.job["name"])
            context.logger.warning("the job is at http://me:secret@host/")
        if isinstance(event, framecast.events.RunFinished):
            earlier = [type(each).__name__ for each in context.read_events()]
            context.logger.error(f"{earlier[0]} to {earlier[-1]}, {context.directions}, {context.baselines}")
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
    yield framecast.Callback(name="takes_events_only", summary="", build=takes_events_only)
    yield framecast.Callback(name="saves", summary="", build=saves)
    yield framecast.Callback(name="writes_a_log", summary="", build=writes_a_log)
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
    plan_with: Callable[..., Plan], runs: Path, tmp_path: Path
) -> None:
    plan = plan_with("slow", "builds_never")
    run = create_run(plan, Document.from_data({}), runs)
    with pytest.raises(InputError) as refused:
        launch(plan, run, in_process=True)
    (problem,) = refused.value.problems
    assert problem.key == "callbacks.1"
    line = f"{tmp_path / 'callbacks.py'}:8"
    assert problem.message == (
        f"callback builds_never cannot be built: KeyError: 'no http://***@host/ here' ({line})"
    )
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


def test_a_callback_that_does_not_take_the_context_is_refused(plan_with: Callable[..., Plan], runs: Path) -> None:
    run = create_run(plan_with("takes_events_only"), Document.from_data({}), runs)
    with pytest.raises(InputError, match=r"its build returned .*, which cannot be called with \(event, context\)"):
        launch(plan_with("takes_events_only"), run, in_process=True)


def test_a_checkpoint_that_a_callback_requests_is_saved_at_the_next_step(
    plan_with: Callable[..., Plan], runs: Path
) -> None:
    happened = trained(plan_with("saves"), runs).journal.read()
    saved = [event.step for event in happened if isinstance(event, CheckpointSaved)]
    steps = [event.step for event in happened if isinstance(event, StepDone)]
    assert saved == [3, steps[-1]]  # and at the end of the epoch, as without a callback


def test_warnings_that_a_callback_logs_are_shown_to_the_user(
    plan_with: Callable[..., Plan], runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = trained(plan_with("writes_a_log"), runs)
    first, last = notices(run)
    assert first == "callback writes_a_log: the job is at http://***@host/"
    assert last.startswith("callback writes_a_log: RunStarted to RunFinished, {'validation/loss': 'min', ")
    assert "info: callback writes_a_log: started tiny" in capsys.readouterr().out
