"""The loop: what it leaves behind, how it stops, and that resuming loses nothing."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from framecast.engine.distributed_context import DistributedContext
from framecast.engine.train import train
from framecast.errors import InputError
from framecast.job.document import Document
from framecast.job.plan import Plan
from framecast.launch.launch import create_run
from framecast.plugin.events import (
    CheckpointSaved,
    Evaluated,
    Event,
    RunFailed,
    RunFinished,
    RunInterrupted,
    RunStarted,
    StepDone,
    Warned,
)
from framecast.runs.checkpoints import CheckpointStore
from framecast.runs.run_folder import RunFolder
from tests.planned_runs import create, losses


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def trained(plan: Plan, root: Path) -> RunFolder:
    run = create(plan, root)
    train(plan, run, DistributedContext.single_process(torch.device("cpu")))
    return run


def last_checkpoint(run: RunFolder) -> Path:
    last = CheckpointStore(run.checkpoints).named("last")
    assert last is not None
    return last.path


def same_files(one: Path, other: Path) -> None:
    """Every tensor and every number of two checkpoints is equal, bit for bit."""
    names = sorted(path.name for path in one.glob("*.safetensors"))
    assert names == ["model.safetensors", "optimizer.safetensors"]
    for name in names:
        first, second = load_file(one / name), load_file(other / name)
        assert first.keys() == second.keys()
        assert all(torch.equal(first[key], second[key]) for key in first)
    states = [json.loads((folder / "loop.json").read_text()) for folder in (one, other)]
    for state in states:
        state["position"].pop("seconds")  # the only thing that may differ: the clock
    assert states[0] == states[1]


def kinds(events: Sequence[Event]) -> list[str]:
    return [type(event).__name__ for event in events]


def test_a_run_tells_its_story_in_events(tiny_plan: Any, runs: Path) -> None:
    run = trained(tiny_plan(training={"epochs": 1}), runs)
    assert kinds(run.journal.read()) == [
        "RunStarted",
        *["DatasetLoaded"] * 2,
        *["StepDone"] * 6,
        *["Evaluated"] * 3,  # black, last frame, the model
        "CheckpointSaved",
        "RunFinished",
    ]


def test_training_lowers_the_loss(tiny_plan: Any, runs: Path) -> None:
    run = trained(tiny_plan(training={"epochs": 8, "optimizer": {"learning_rate": 0.01}}), runs)
    assert np.mean(losses(run)[-6:]) < 0.8 * np.mean(losses(run)[:6])


def test_the_folder_holds_what_the_plan_promises(tiny_plan: Any, runs: Path) -> None:
    run = trained(tiny_plan(callbacks=["tensorboard"]), runs)
    store = CheckpointStore(run.checkpoints)
    assert store.named("best") is not None
    assert [store.named(name).step for name in ("last", "previous")] == [12, 6]
    assert run.metrics.read_text().splitlines()[0] == (
        "epoch,step,train/loss,validation/loss,validation/mse,validation/ssim"
    )
    assert len(run.metrics.read_text().splitlines()) == 3
    assert list((run.path / "tensorboard").iterdir())


@pytest.mark.parametrize("strategy", ["torch", "deepspeed"])
@pytest.mark.parametrize("stop_at", [3, 5, 8])  # within an epoch, at its end, within the next
def test_a_run_that_was_interrupted_and_resumed_equals_one_that_never_was(
    tiny_plan: Any, runs: Path, strategy: str, stop_at: int, stopping_plugin: Any
) -> None:
    settings = {"training": {"strategy": strategy, "accumulate": 2, "schedule": {"name": "cosine"}}}
    undisturbed = trained(tiny_plan(**settings), runs)

    run = create(tiny_plan(**settings, callbacks=[{"name": "interrupter", "at": stop_at}]), runs)
    plan = tiny_plan(**settings, callbacks=[{"name": "interrupter", "at": stop_at}])
    train(plan, run, DistributedContext.single_process(torch.device("cpu")))
    assert isinstance(run.journal.read()[-1], RunInterrupted)
    assert CheckpointStore(run.checkpoints).named("last").step == stop_at + 1

    run.clear_stop()
    train(plan, run, DistributedContext.single_process(torch.device("cpu")))
    assert losses(run) == losses(undisturbed)
    same_files(last_checkpoint(run), last_checkpoint(undisturbed))


def test_a_damaged_checkpoint_is_passed_over_and_told_of(tiny_plan: Any, runs: Path) -> None:
    run = trained(tiny_plan(), runs)
    before = losses(run)
    damaged = last_checkpoint(run) / "optimizer.safetensors"
    damaged.write_bytes(damaged.read_bytes()[:-1])
    train(tiny_plan(), run, DistributedContext.single_process(torch.device("cpu")))
    attempt = [event for event in run.journal.read() if isinstance(event, RunStarted | Warned)][-2:]
    assert kinds(attempt) == ["RunStarted", "Warned"]
    warned = attempt[1]
    assert isinstance(warned, Warned)
    assert warned.step == 6
    assert warned.message == (
        "step-00000012 is damaged (optimizer.safetensors): went on from step-00000006 instead"
    )
    assert losses(run) == before


def _with_tensor(file: str, name: str, value: torch.Tensor | None) -> Callable[[Path], None]:
    def spoil(checkpoint: Path) -> None:
        tensors = load_file(checkpoint / file)
        name_found = next(each for each in tensors if each.endswith(name))
        if value is None:
            del tensors[name_found]
        else:
            tensors[name_found] = value
        save_file(tensors, checkpoint / file)

    return spoil


def _with_loop(**changes: Any) -> Callable[[Path], None]:
    def spoil(checkpoint: Path) -> None:
        loop = json.loads((checkpoint / "loop.json").read_text())
        (checkpoint / "loop.json").write_text(json.dumps({**loop, **changes}))

    return spoil


def _cut(checkpoint: Path) -> None:
    weights = checkpoint / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4])


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (_with_tensor("model.safetensors", "weight", torch.zeros(3, 3)), "has the shape [3, 3], not ["),
        (_with_tensor("model.safetensors", "bias", None), "bias is missing"),
        (_with_tensor("model.safetensors", "bias", torch.zeros(4, dtype=torch.int8)), "another model ("),
        (_with_tensor("optimizer.safetensors", "bias", torch.zeros(7)), "holds the optimizer's state of another"),
        (_with_loop(task={"x": "y"}), "holds a state that the task does not take ("),
        (_with_loop(numbers={"a": "b"}), "holds no numbers of a loss scale"),
        (_with_loop(optimizer=None), "does not say which optimizer it is of"),
        (_with_loop(normalisation={"offset": "x"}), "cannot be read ("),
        (_cut, "model.safetensors is not whole"),
    ],
)
def test_a_checkpoint_that_does_not_fit_is_passed_over_like_a_damaged_one(
    spoil: Callable[[Path], None], told: str, tiny_plan: Any, runs: Path
) -> None:
    run = trained(tiny_plan(), runs)
    before = losses(run)
    newest = last_checkpoint(run)
    spoil(newest)
    manifest = json.loads((newest / "manifest.json").read_text())
    manifest["files"] = {
        name: hashlib.sha256((newest / name).read_bytes()).hexdigest() for name in manifest["files"]
    }
    (newest / "manifest.json").write_text(json.dumps(manifest))
    train(tiny_plan(), run, DistributedContext.single_process(torch.device("cpu")))
    notice = [event for event in run.journal.read() if isinstance(event, Warned)][-1]
    assert notice.message.startswith("step-00000012 ")
    assert told in notice.message
    assert notice.message.endswith(": went on from step-00000006 instead")
    assert losses(run) == before


def test_where_no_checkpoint_fits_the_model_the_run_fails_in_words(tiny_plan: Any, runs: Path) -> None:
    run = trained(tiny_plan(), runs)
    train(tiny_plan(model={"hidden_channels": [6]}), run, DistributedContext.single_process(torch.device("cpu")))
    failed = run.journal.read()[-1]
    assert isinstance(failed, RunFailed)
    assert failed.reason.startswith(
        "no checkpoint can be restored: step-00000012 holds the weights of another model"
    )


def test_where_every_checkpoint_is_damaged_the_run_fails_in_words(tiny_plan: Any, runs: Path) -> None:
    run = trained(tiny_plan(), runs)
    for file in run.checkpoints.glob("step-*/loop.json"):
        file.write_text("{}")
    train(tiny_plan(), run, DistributedContext.single_process(torch.device("cpu")))
    failed = run.journal.read()[-1]
    assert isinstance(failed, RunFailed)
    assert failed.reason.startswith("no checkpoint can be restored: step-00000012 is damaged (loop.json); step-")


def test_another_optimizer_does_not_take_the_state_of_the_first(tiny_plan: Any, runs: Path) -> None:
    run = trained(tiny_plan(), runs)
    train(
        tiny_plan(training={"optimizer": {"name": "sgd"}}),
        run,
        DistributedContext.single_process(torch.device("cpu")),
    )
    failed = run.journal.read()[-1]
    assert isinstance(failed, RunFailed)
    assert "resume with training.optimizer.name=adam" in failed.reason


def test_resuming_a_run_that_is_done_changes_nothing(tiny_plan: Any, runs: Path) -> None:
    plan = tiny_plan(training={"epochs": 1})
    run = trained(plan, runs)
    before = losses(run)
    train(plan, run, DistributedContext.single_process(torch.device("cpu")))
    assert losses(run) == before
    assert isinstance(run.journal.read()[-1], RunFinished)


def test_more_epochs_go_on_where_the_run_ended(tiny_plan: Any, runs: Path) -> None:
    twice = trained(tiny_plan(training={"epochs": 2}), runs)
    run = trained(tiny_plan(training={"epochs": 1}), runs)
    train(tiny_plan(training={"epochs": 2}), run, DistributedContext.single_process(torch.device("cpu")))
    assert losses(run) == losses(twice)


def test_max_steps_ends_a_run_with_scores_and_a_checkpoint(tiny_plan: Any, runs: Path) -> None:
    run = trained(tiny_plan(training={"max_steps": 4}), runs)
    events = run.journal.read()
    assert events[-1].reason == "max_steps"  # type: ignore[attr-defined]
    assert len(losses(run)) == 4
    assert any(isinstance(event, Evaluated) and event.name == "model" for event in events)
    assert CheckpointStore(run.checkpoints).named("last").step == 4


def test_max_hours_ends_a_run(tiny_plan: Any, runs: Path) -> None:
    run = trained(tiny_plan(training={"max_hours": 1e-9}), runs)
    assert len(losses(run)) == 1
    assert run.journal.read()[-1].reason == "max_hours"  # type: ignore[attr-defined]


def test_a_loss_that_is_not_finite_names_the_step_and_the_last_good_checkpoint(
    tiny_plan: Any, runs: Path, stopping_plugin: str
) -> None:
    run = trained(tiny_plan(model="fragile"), runs)
    failed = run.journal.read()[-1]
    last = CheckpointStore(run.checkpoints).named("last")
    assert isinstance(failed, RunFailed)
    assert last is not None
    assert last.step == 6  # what the bad step left behind was not saved
    assert "the loss is nan at step 8" in failed.reason
    assert str(last.path) in failed.reason


def test_the_best_checkpoint_is_the_one_with_the_best_score(tiny_plan: Any, runs: Path) -> None:
    plan = tiny_plan(training={"epochs": 5}, checkpoints={"monitor": "validation/ssim", "every": 2})
    run = trained(plan, runs)
    events = run.journal.read()
    scores = {
        event.step: event.metrics["validation/ssim"]
        for event in events
        if isinstance(event, Evaluated) and event.name == "model"
    }
    best = CheckpointStore(run.checkpoints, direction="max").named("best")
    assert best is not None
    assert scores[best.step] == max(scores.values())  # an epoch without a due checkpoint too
    flagged = [event.step for event in events if isinstance(event, CheckpointSaved) and event.best]
    assert flagged[-1] == best.step


def test_a_model_without_parameters_is_evaluated_and_never_trained(tiny_plan: Any, runs: Path) -> None:
    run = trained(tiny_plan(model="last_frame"), runs)
    assert kinds(run.journal.read()) == [
        "RunStarted",
        "DatasetLoaded",
        "DatasetLoaded",
        "Evaluated",
        "Evaluated",
        "RunFinished",
    ]


def test_an_evaluation_that_fails_does_not_lose_what_was_trained(
    tiny_plan: Any, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: Any) -> None:
        raise InputError("this metric cannot score that")

    monkeypatch.setattr("framecast.engine.evaluation.validation.evaluate", refuse)
    run = trained(tiny_plan(), runs)
    assert kinds(run.journal.read())[-2:] == ["CheckpointSaved", "RunFailed"]
    assert run.journal.read()[-1].reason == "this metric cannot score that"  # type: ignore[attr-defined]
    assert last_checkpoint(run).name == "step-00000006"


def test_a_metric_that_cannot_be_built_fails_before_the_first_step(
    tiny_plan: Any, runs: Path, tmp_path: Path
) -> None:
    weights = tmp_path / "alexnet.pth"
    plan = tiny_plan(metrics=[{"name": "lpips", "backbone": str(weights)}], data={"size": 32, "digit_size": 14})
    with pytest.raises(InputError, match=r"metrics\.0: .*alexnet.pth: no such file"):
        create(plan, runs)
    weights.write_bytes(b"not yet spoilt" * 100)
    run = RunFolder.create(runs, "tiny")
    run.plan.write_text(plan.to_yaml())
    train(plan, run, DistributedContext.single_process(torch.device("cpu")))
    assert kinds(run.journal.read()) == ["RunFailed"]


def test_a_callback_that_raises_costs_nothing(tiny_plan: Any, runs: Path, stopping_plugin: Any) -> None:
    run = trained(tiny_plan(callbacks=["broken_tracker"], training={"epochs": 1}), runs)
    assert isinstance(run.journal.read()[-1], RunFinished)


def test_a_callback_may_end_the_run(tiny_plan: Any, runs: Path, stopping_plugin: Any) -> None:
    run = trained(tiny_plan(callbacks=[{"name": "early", "at": 2}]), runs)
    ended = run.journal.read()[-1]
    assert isinstance(ended, RunFinished)
    assert ended.reason == "early: enough"
    assert len(losses(run)) == 3  # the step that was under way when it asked


def test_too_few_clips_for_a_batch_fail_in_words(tiny_plan: Any, runs: Path) -> None:
    run = trained(tiny_plan(data={"train_clips": 3}), runs)
    failed = run.journal.read()[-1]
    assert isinstance(failed, RunFailed)
    assert "training.batch_size" in failed.reason
    assert "3 clips" in failed.reason


def test_accumulated_parts_train_like_the_whole_batch(tiny_plan: Any, runs: Path) -> None:
    whole = losses(trained(tiny_plan(), runs))
    parts = losses(trained(tiny_plan(training={"accumulate": 3}), runs))  # 4 clips in unequal parts
    assert parts == pytest.approx(whole, rel=1e-4)


@pytest.mark.parametrize("stage", [0, 1, 2, 3])
def test_both_strategies_give_the_same_losses(tiny_plan: Any, runs: Path, stage: int) -> None:
    torch_losses = losses(trained(tiny_plan(), runs))
    plan = tiny_plan(training={"strategy": "deepspeed"}, deepspeed={"zero_stage": stage})
    assert losses(trained(plan, runs)) == pytest.approx(torch_losses, rel=1e-4)


@pytest.mark.parametrize("strategy", ["torch", "deepspeed"])
def test_bf16_trains_close_to_fp32(tiny_plan: Any, runs: Path, strategy: str) -> None:
    exact = losses(trained(tiny_plan(), runs))
    rough = losses(trained(tiny_plan(training={"precision": "bf16", "strategy": strategy}), runs))
    assert rough != exact
    assert rough == pytest.approx(exact, rel=0.05)


def test_the_started_event_says_what_trains_on_what(tiny_plan: Any, runs: Path) -> None:
    first = trained(tiny_plan(training={"epochs": 1}), runs).journal.read()[0]
    assert isinstance(first, RunStarted)
    assert (first.workers, first.device, first.precision, first.strategy) == (1, "cpu", "fp32", "torch")
    assert (first.steps_per_epoch, first.total_steps) == (6, 6)


def test_checkpoints_within_an_epoch_change_nothing_and_can_be_gone_on_from(
    tiny_plan: Any, runs: Path, stopping_plugin: str
) -> None:
    """Six steps an epoch, a checkpoint each second step; the one at an epoch's end is written once."""
    whole = trained(tiny_plan(), runs)
    run = trained(tiny_plan(checkpoints={"every_steps": 2, "keep_last": 9}), runs)
    saved = [event.step for event in run.journal.raw() if isinstance(event, CheckpointSaved)]
    assert saved == [2, 4, 6, 8, 10, 12]
    assert losses(run) == losses(whole)
    for step in (12, 10):
        shutil.rmtree(run.checkpoints / f"step-{step:08d}")
    train(
        tiny_plan(checkpoints={"every_steps": 2, "keep_last": 9}),
        run,
        DistributedContext.single_process(torch.device("cpu")),
    )
    again = [event for event in run.journal.raw() if isinstance(event, RunStarted)][1]
    assert (again.step, again.batch) == (8, 2)
    assert losses(run) == losses(whole)


def test_an_attempt_that_was_replaced_ends_itself(tiny_plan: Any, runs: Path, stopping_plugin: str) -> None:
    """As on a host that the network cut off: another user claims the run meanwhile."""
    run = create_run(tiny_plan(), Document.from_data({}), runs)

    def replaced(event: object) -> None:
        if isinstance(event, StepDone) and event.step == 3:
            run.take_lease()

    with pytest.raises(SystemExit, match="another attempt"):
        train(tiny_plan(), run, DistributedContext.single_process(torch.device("cpu")), replaced)
    assert len(losses(run)) == 3
