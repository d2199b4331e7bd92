"""Processes with a GPU each, connected by NCCL: the same losses on any number, and what NCCL refuses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.planned_runs import create, losses
from tests.scaled_model import scaled_model
from tests.simulated_gpu.training import JOBS, plan, train_here, train_on_gpus


@pytest.mark.parametrize(
    ("count", "overrides"),
    [
        (2, ("training.strategy=torch",)),
        (2, ("training.strategy=deepspeed", "deepspeed.zero_stage=1")),
        (3, ("training.strategy=deepspeed", "deepspeed.zero_stage=2")),
        (3, ("training.strategy=deepspeed", "deepspeed.zero_stage=3")),
    ],
)
def test_several_gpus_train_as_one(
    count: int, overrides: tuple[str, ...], tmp_path: Path, needs_gpus: Callable[[int], None]
) -> None:
    needs_gpus(count)
    shares = "training.batch_size=5"  # which neither two nor three divide
    alone = losses(train_here(create(plan("training.strategy=torch", shares), tmp_path / "one")))
    assert losses(train_on_gpus(create(plan(*overrides, shares), tmp_path / "several"), count)) == pytest.approx(
        alone, rel=1e-5
    )


_HANDS_OVER_A_CPU_TENSOR = """
if self.training:
    torch.distributed.all_reduce(torch.ones(1))
"""


def test_a_model_that_hands_a_cpu_tensor_to_nccl_ends_the_run(
    tmp_path: Path, needs_gpus: Callable[[int], None]
) -> None:
    needs_gpus(2)
    plugin = tmp_path / "careless.py"
    plugin.write_text(scaled_model("careless", in_forward=_HANDS_OVER_A_CPU_TENSOR))
    run = create(plan(job={**JOBS["conv_tt_lstm"], "model": "careless"}, plugins=[str(plugin)]), tmp_path)
    with pytest.raises(AssertionError, match="No backend type associated with device type cpu"):
        train_on_gpus(run, 2)
