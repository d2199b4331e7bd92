"""Two real processes over gloo: the same losses as one, and resuming bit for bit, with every strategy."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from framecast.job.document import Document
from framecast.job.plan import Plan
from framecast.launch.launch import create_run
from framecast.runs.events import Evaluated, RunFailed, RunInterrupted, StepDone
from framecast.runs.folder import RunFolder

_WORKER = """
import os
import sys
from pathlib import Path
import torch
from framecast.engine.train import train
from framecast.engine.world import World
from framecast.job.resolve import read_plan
from framecast.runs.folder import RunFolder

folder, meeting_point, rank, size = sys.argv[1:]
torch.set_num_threads(1)
if size != "1":
    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{meeting_point}", rank=int(rank), world_size=int(size)
    )
world = World.joined(torch.device("cpu")) if size != "1" else World.alone(torch.device("cpu"))
run = RunFolder(Path(folder))
train(read_plan(run.plan.read_text()), run, world)
sys.stdout.flush()
os._exit(0)  # as Ray ends its workers: unwinding Python while gloo's threads run may abort
"""


def trained(run: RunFolder, workers: int) -> RunFolder:
    """Trains the run, from where it stands, in as many processes."""
    meeting_point = run.path / f"meeting-{run.journal.attempts()}"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _WORKER, str(run.path), str(meeting_point), str(rank), str(workers)],
            env={**os.environ, "LOCAL_RANK": str(rank), "DS_ACCELERATOR": "cpu"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for rank in range(workers)
    ]
    for process in processes:
        said, _ = process.communicate()
        assert process.returncode == 0, said
    return run


def started(plan: Plan, root: Path) -> RunFolder:
    return create_run(plan, Document.from_data({}), root)


def losses(run: RunFolder) -> list[float]:
    return [event.loss for event in run.journal.read() if isinstance(event, StepDone)]


def scores(run: RunFolder) -> dict[str, float]:
    found = [event for event in run.journal.read() if isinstance(event, Evaluated) and event.name == "model"]
    return found[-1].metrics


@pytest.mark.parametrize(
    ("strategy", "stage"), [("torch", 0), ("deepspeed", 0), ("deepspeed", 1), ("deepspeed", 2), ("deepspeed", 3)]
)
def test_two_processes_train_like_one(
    tiny_plan: Callable[..., Plan], runs: Path, strategy: str, stage: int
) -> None:
    # batches of 5 in two parts each: shares of 2, 1, 1 and 1 clips; 5 validation clips leave one without partner
    settings = {"batch_size": 5, "accumulate": 2, "epochs": 1, "strategy": strategy}
    plan = tiny_plan(training=settings, deepspeed={"zero_stage": stage})
    one, two = trained(started(plan, runs), 1), trained(started(plan, runs), 2)
    assert losses(two) == pytest.approx(losses(one), rel=1e-4)
    assert scores(two) == pytest.approx(scores(one), rel=1e-4)


@pytest.mark.parametrize("strategy", ["torch", "deepspeed"])
def test_two_processes_that_were_interrupted_go_on_bit_for_bit(
    tiny_plan: Callable[..., Plan], runs: Path, strategy: str, stopping_plugin: str
) -> None:
    plan = tiny_plan(training={"strategy": strategy}, callbacks=[{"name": "interrupter", "at": 8}])
    run = trained(started(plan, runs), 2)
    assert isinstance(run.journal.read()[-1], RunInterrupted)
    run.clear_stop()
    trained(run, 2)

    undisturbed = trained(started(tiny_plan(training={"strategy": strategy}), runs), 2)
    assert losses(run) == losses(undisturbed)
    weights = [(each.checkpoints / "last" / "model.safetensors").read_bytes() for each in (run, undisturbed)]
    assert weights[0] == weights[1]


def test_a_failure_ends_both_processes_in_words(
    tiny_plan: Callable[..., Plan], runs: Path, stopping_plugin: str
) -> None:
    run = trained(started(tiny_plan(model="fragile"), runs), 2)
    failed = run.journal.read()[-1]
    assert isinstance(failed, RunFailed)
    assert "the loss is nan at step 8" in failed.reason


def test_another_number_of_processes_goes_on_with_the_same_epoch(
    tiny_plan: Callable[..., Plan], runs: Path, stopping_plugin: str
) -> None:
    run = trained(started(tiny_plan(callbacks=[{"name": "interrupter", "at": 8}]), runs), 2)
    run.clear_stop()
    trained(run, 1)
    assert losses(run) == pytest.approx(losses(trained(started(tiny_plan(), runs), 1)), rel=1e-4)
