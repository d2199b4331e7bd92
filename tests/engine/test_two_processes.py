"""Real processes over gloo: the same losses on any number, and resuming bit for bit, with every strategy."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from framecast.job.document import Document
from framecast.job.plan import Plan
from framecast.job.resolve import make_plan
from framecast.plugin.events import Evaluated, RunFailed, RunFinished, RunInterrupted, StepDone
from framecast.registry.registry import Registry
from framecast.registry.submissions import note_submission
from framecast.runs.run_folder import RunFolder
from tests.planned_runs import create, losses
from tests.scaled_model import scaled_model
from tests.training_processes import start_processes, train_in_processes

STRATEGIES = [
    ("torch", 0),
    *(pytest.param("deepspeed", stage, marks=pytest.mark.slow) for stage in (0, 1, 2, 3)),
]


def change_plan(run: RunFolder, plan: Plan) -> None:
    """As a user who submits the run again with other settings, and with plugins of their own."""
    run.plan.write_text(plan.to_yaml())
    assert not note_submission(run.path, plan.sources)


def scores(run: RunFolder) -> dict[str, float]:
    found = [event for event in run.journal.read() if isinstance(event, Evaluated) and event.name == "model"]
    return found[-1].metrics


@pytest.mark.parametrize(("strategy", "stage"), STRATEGIES)
def test_two_processes_train_like_one(
    tiny_plan: Callable[..., Plan], runs: Path, strategy: str, stage: int
) -> None:
    # batches of 5 in two parts each: shares of 2, 1, 1 and 1 clips; 5 validation clips leave one without partner
    settings = {"batch_size": 5, "accumulate": 2, "epochs": 1, "strategy": strategy}
    plan = tiny_plan(training=settings, deepspeed={"zero_stage": stage})
    one, two = train_in_processes(create(plan, runs), 1), train_in_processes(create(plan, runs), 2)
    assert losses(two) == pytest.approx(losses(one), rel=1e-4)
    assert scores(two) == pytest.approx(scores(one), rel=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize(("strategy", "stage"), STRATEGIES)
def test_two_processes_that_were_interrupted_go_on_bit_for_bit(
    tiny_plan: Callable[..., Plan], runs: Path, strategy: str, stage: int, stopping_plugin: str
) -> None:
    settings: dict[str, Any] = {"training": {"strategy": strategy}, "deepspeed": {"zero_stage": stage}}
    run = train_in_processes(create(tiny_plan(**settings, callbacks=[{"name": "interrupter", "at": 8}]), runs), 2)
    assert isinstance(run.journal.read()[-1], RunInterrupted)
    run.clear_stop()
    train_in_processes(run, 2)

    undisturbed = train_in_processes(create(tiny_plan(**settings), runs), 2)
    assert losses(run) == losses(undisturbed)
    for file in ("model.safetensors", "optimizer.safetensors"):
        tensors = [(each.checkpoints / "last" / file).read_bytes() for each in (run, undisturbed)]
        assert tensors[0] == tensors[1]


@pytest.mark.slow
@pytest.mark.parametrize(
    "training",
    [{"precision": "bf16"}, {"optimizer": {"name": "adamw", "weight_decay": 0.1}}, {"optimizer": {"name": "sgd"}}],
    ids=["bf16", "adamw", "sgd"],
)
@pytest.mark.parametrize("stage", [*(pytest.param(stage, marks=pytest.mark.cluster) for stage in (0, 3)), 1])
def test_every_precision_and_optimizer_goes_on_bit_for_bit(
    tiny_plan: Callable[..., Plan], runs: Path, stage: int, training: dict[str, Any], stopping_plugin: str
) -> None:
    settings: dict[str, Any] = {
        "training": {"strategy": "deepspeed", **training},
        "deepspeed": {"zero_stage": stage},
    }
    run = train_in_processes(create(tiny_plan(**settings, callbacks=[{"name": "interrupter", "at": 3}]), runs), 1)
    run.clear_stop()
    train_in_processes(run, 1)
    assert losses(run) == losses(train_in_processes(create(tiny_plan(**settings), runs), 1))


@pytest.mark.slow
@pytest.mark.parametrize(("strategy", "stage"), STRATEGIES)
def test_another_number_of_processes_goes_on_within_the_epoch(
    tiny_plan: Callable[..., Plan], runs: Path, strategy: str, stage: int, stopping_plugin: str
) -> None:
    settings: dict[str, Any] = {
        "training": {"strategy": strategy, "epochs": 3},
        "deepspeed": {"zero_stage": stage},
    }
    run = create(tiny_plan(**settings), runs)
    for workers, at in ((2, 3), (1, 10), (3, 99)):
        change_plan(run, tiny_plan(**settings, callbacks=[{"name": "interrupter", "at": at}]))
        train_in_processes(run, workers)
        run.clear_stop()
    steps = [event for event in run.journal.read() if isinstance(event, StepDone)]
    assert [event.step for event in steps] == list(range(1, 19))  # each batch once, in its place
    assert losses(run) == pytest.approx(
        losses(train_in_processes(create(tiny_plan(**settings), runs), 1)), rel=1e-4
    )


@pytest.mark.slow
def test_either_strategy_goes_on_from_the_others_checkpoint(
    tiny_plan: Callable[..., Plan], runs: Path, stopping_plugin: str
) -> None:
    run = create(tiny_plan(), runs)
    for strategy, stage, at in (("torch", 0, 3), ("deepspeed", 2, 6), ("deepspeed", 0, 9), ("torch", 0, 99)):
        plan = tiny_plan(
            training={"strategy": strategy},
            deepspeed={"zero_stage": stage},
            callbacks=[{"name": "interrupter", "at": at}],
        )
        change_plan(run, plan)
        train_in_processes(run, 1)
        run.clear_stop()
    assert losses(run) == pytest.approx(losses(train_in_processes(create(tiny_plan(), runs), 1)), rel=1e-4)


def test_a_failure_ends_both_processes_in_words(
    tiny_plan: Callable[..., Plan], runs: Path, stopping_plugin: str
) -> None:
    run = train_in_processes(create(tiny_plan(model="fragile"), runs), 2)
    failed = run.journal.read()[-1]
    assert isinstance(failed, RunFailed)
    assert "the loss is nan at step 8" in failed.reason


_AN_EXBIBYTE_ON_THE_SECOND_PROCESS = """
if self.steps == 3 and torch.distributed.get_rank() == 1:
    torch.empty(2**60, dtype=torch.uint8)
"""


def test_memory_that_runs_out_on_one_process_leaves_none_waiting(
    tiny_job: Callable[..., dict[str, Any]], runs: Path, tmp_path: Path
) -> None:
    plugin = tmp_path / "greedy.py"
    plugin.write_text(scaled_model("greedy", in_forward=_AN_EXBIBYTE_ON_THE_SECOND_PROCESS))
    plan = make_plan(Document.from_data(tiny_job(model="greedy")), Registry.discover([str(plugin)]))
    processes = start_processes(create(plan, runs), 2)
    (first, _), (second, output) = (process.wait(timeout=120) for process in processes)
    assert first  # Ray starts both again
    assert second
    assert "memory ran out in step 3" in output
    assert "training.accumulate" in output


_PICKY = """
import framecast


def refuse(kind, where):
    import torch

    if where == kind and torch.distributed.get_rank() == 1:
        raise framecast.InputError(f"this {kind} is not on this host: mount it")


class Where(framecast.Settings):
    where: str = ""


def model(settings, sample):
    import torch

    refuse("model", settings.where)

    class Still(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = torch.nn.Parameter(torch.ones(1))

        def forward(self, frames, frames_out, *, truth=None, keep_truth=None):
            return frames[:, -1:].expand(-1, frames_out, -1, -1, -1) * self.scale

    return Still()


@framecast.hookimpl
def framecast_models():
    yield framecast.Model(name="picky_model", summary="refuses on the second process", build=model, settings=Where)


@framecast.hookimpl
def framecast_datasets():
    import dataclasses
    from framecast_moving_mnist import framecast_datasets

    (mnist,) = framecast_datasets()

    class Settings(mnist.settings):
        where: str = ""

    def data(settings, split, frames):
        from framecast.data import Normalisation
        from torch.distributed import get_rank

        refuse("data", settings.where)
        clips = mnist.build(settings, split, frames)
        is_normalised = settings.where != "normalisation" or get_rank() == 0
        clips.normalisation = Normalisation((0.0,), (1.0,)) if is_normalised else None
        read = clips.__getitems__

        def read_or_refuse(positions):
            refuse(f"{split} clip", settings.where)
            return read(positions)

        clips.__getitems__ = read_or_refuse
        return clips

    yield dataclasses.replace(mnist, name="picky_data", settings=Settings, build=data)


@framecast.hookimpl
def framecast_tasks():
    import dataclasses
    from framecast_video_prediction import framecast_tasks

    (prediction,) = framecast_tasks()

    class Settings(prediction.settings):
        where: str = ""

    def task(settings):
        built = prediction.build(settings)
        load = built.load_state_dict

        def load_state_dict(state):
            refuse("task", settings.where)
            load(state)

        built.load_state_dict = load_state_dict
        return built

    yield dataclasses.replace(prediction, name="picky_task", settings=Settings, build=task)
"""


def picky_plan(job: dict[str, Any], folder: Path, where: str) -> Plan:
    """A job whose plugins refuse `where` on the second process, and nothing where it is empty."""
    plugin = folder / "picky.py"
    plugin.write_text(_PICKY)
    job["model"] = {"name": "picky_model", "where": where}
    job["data"] |= {"name": "picky_data", "where": where}
    job["task"] |= {"name": "picky_task", "where": where}
    return make_plan(Document.from_data(job), Registry.discover([str(plugin)]))


@pytest.mark.parametrize("kind", ["model", "data"])
def test_what_one_process_refuses_ends_both_with_its_sentence(
    tiny_job: Callable[..., dict[str, Any]], runs: Path, tmp_path: Path, kind: str
) -> None:
    run = create(picky_plan(tiny_job(), tmp_path, kind), runs)
    for process in start_processes(run, 2):
        code, output = process.wait(timeout=120)
        assert code == 0, output
    assert run.take_refusal() == f"worker 1: this {kind} is not on this host: mount it"
    assert not losses(run)


@pytest.mark.parametrize("kind", ["train clip", "validation clip"])
def test_a_clip_that_one_process_cannot_read_while_others_wait_for_it_is_raised(
    tiny_job: Callable[..., dict[str, Any]], runs: Path, tmp_path: Path, kind: str
) -> None:
    run = create(picky_plan(tiny_job(), tmp_path, kind), runs)
    (first, _), (second, output) = (process.wait(timeout=120) for process in start_processes(run, 2))
    assert second
    assert f"this {kind} is not on this host: mount it" in output
    assert first  # its collective operation ends with the second process, as Ray ends it with the group
    assert not run.take_refusal()


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("task", "this task is not on this host: mount it"),
        ("normalisation", "data: the model was trained on normalised fields, and these data are not normalised"),
    ],
)
def test_what_one_process_refuses_of_a_checkpoint_ends_both_with_its_sentence(
    tiny_job: Callable[..., dict[str, Any]], runs: Path, tmp_path: Path, kind: str, sentence: str
) -> None:
    run = train_in_processes(create(picky_plan(tiny_job(training={"epochs": 1}), tmp_path, ""), runs), 2)
    before = losses(run)
    change_plan(run, picky_plan(tiny_job(training={"epochs": 2}), tmp_path, kind))
    for process in start_processes(run, 2):
        code, output = process.wait(timeout=120)
        assert code == 0, output
    refusal = run.take_refusal()
    assert refusal.startswith(f"worker 1: {sentence}")
    assert losses(run) == before


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one MiB, where one may be mounted."""
    folder = tmp_path / "small"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], check=False).returncode:
        pytest.skip("a small file system can be mounted by root on Linux only")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.slow
def test_a_full_disk_ends_every_process_in_words_and_the_run_goes_on_once_there_is_room(
    tiny_plan: Callable[..., Plan], small_disk: Path, runs: Path
) -> None:
    wider = {"hidden_channels": [24]}
    run = train_in_processes(create(tiny_plan(model=wider, training={"epochs": 1}), small_disk), 2)
    plan = tiny_plan(model=wider)
    run.plan.write_text(plan.to_yaml())
    ballast = small_disk / "ballast"
    before = {link: (run.checkpoints / link).resolve() for link in ("best", "last")}
    checkpoint = sum(file.stat().st_size for file in before["last"].iterdir())
    room = shutil.disk_usage(small_disk).free - checkpoint // 2
    ballast.write_bytes(bytes(room))

    train_in_processes(run, 2)
    failed = run.journal.read()[-1]
    assert isinstance(failed, RunFailed)
    assert "the checkpoint at step 12 could not be written: No space left on device" in failed.reason
    assert str(before["last"]) in failed.reason
    assert {link: (run.checkpoints / link).resolve() for link in before} == before
    assert not list(run.checkpoints.glob(".*"))
    assert shutil.disk_usage(small_disk).free > checkpoint // 4  # what was half written is gone

    ballast.unlink()
    train_in_processes(run, 2)
    assert isinstance(run.journal.read()[-1], RunFinished)
    assert losses(run) == losses(train_in_processes(create(plan, runs), 2))
