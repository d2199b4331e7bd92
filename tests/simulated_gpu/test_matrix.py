"""Every model under each strategy, ZeRO stage and precision on a GPU, against fp32 on the CPU.

`make test-gpu` prints the differences as a table.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.planned_runs import create, losses
from tests.simulated_gpu.training import JOBS, difference, plan, train_here

COLUMNS = {
    "torch": "training.strategy=torch",
    **{f"ZeRO {stage}": f"deepspeed.zero_stage={stage}" for stage in range(4)},
}
TOLERANCES = {"fp32": 1e-5, "bf16": 1e-2, "fp16": 1e-2}
REFUSED = ("ZeRO 0", "fp16")  # DeepSpeed scales no losses there; the job says so


@pytest.fixture(scope="module")
def on_cpu(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], list[float]]:
    """The losses of a model's tiny job on the CPU."""

    @cache
    def train(model: str) -> list[float]:
        return losses(train_here(create(plan(job=JOBS[model]), tmp_path_factory.mktemp("cpu")), "cpu"))

    return train


@pytest.mark.parametrize("model", JOBS)
@pytest.mark.parametrize("precision", TOLERANCES)
@pytest.mark.parametrize("strategy", COLUMNS)
def test_a_model_trains_as_on_the_cpu(
    strategy: str,
    precision: str,
    model: str,
    on_cpu: Callable[[str], list[float]],
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    cell = {"row": f"{model}, {precision}", "column": strategy}
    if (strategy, precision) == REFUSED:
        record_property("gpu matrix", {**cell, "text": "refused"})
        pytest.skip("fp16 needs ZeRO")
    overrides = ["training.strategy=deepspeed", COLUMNS[strategy], f"training.precision={precision}"]
    run = train_here(create(plan(*overrides, job=JOBS[model]), tmp_path))
    found, expected = losses(run), on_cpu(model)
    compared = len(expected) if precision == "fp32" else 1  # fp16 skips steps until its loss scale fits
    measured = difference(found[:compared], expected[:compared])
    record_property("gpu matrix", {**cell, "text": f"{measured:.1e}"})
    assert all(math.isfinite(loss) for loss in found)
    assert measured <= TOLERANCES[precision]
    if precision != "fp32":
        assert measured, "computed in fp32"
