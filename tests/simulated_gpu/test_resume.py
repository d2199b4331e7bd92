"""A run continues on another number of GPUs, and from CPU to GPU and back, as if nothing had happened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from framecast.job.plan import Plan
from framecast.runs.run_folder import RunFolder
from tests.planned_runs import create, losses
from tests.simulated_gpu.training import plan, train_here, train_on_gpus

STEPS = 6


def change_plan(run: RunFolder, plan: Plan) -> None:
    """As a user who resumes the run with other settings."""
    run.plan.write_text(plan.to_yaml())


@pytest.fixture
def undisturbed(tmp_path: Path) -> list[float]:
    """The losses of six steps on the CPU at once."""
    return losses(train_here(create(plan(f"training.max_steps={STEPS}"), tmp_path / "undisturbed"), "cpu"))


@pytest.mark.parametrize("devices", [("cpu", "cuda:0"), ("cuda:0", "cpu")])
def test_a_run_moves_between_cpu_and_gpu(
    devices: tuple[str, str], tmp_path: Path, undisturbed: list[float]
) -> None:
    run = train_here(create(plan(), tmp_path), devices[0])
    change_plan(run, plan(f"training.max_steps={STEPS}"))
    assert losses(train_here(run, devices[1])) == pytest.approx(undisturbed, rel=1e-5)


@pytest.mark.parametrize("strategy", ["training.strategy=torch", "deepspeed.zero_stage=3"])
def test_a_run_moves_between_numbers_of_gpus(
    strategy: str, tmp_path: Path, undisturbed: list[float], needs_gpus: Callable[[int], None]
) -> None:
    needs_gpus(3)
    overrides = ("training.strategy=deepspeed", strategy)
    run = create(plan(), tmp_path)
    for count, steps in ((2, 2), (1, 4), (3, STEPS)):
        change_plan(run, plan(*overrides, f"training.max_steps={steps}"))
        train_on_gpus(run, count)
    assert losses(run) == pytest.approx(undisturbed, rel=1e-5)
