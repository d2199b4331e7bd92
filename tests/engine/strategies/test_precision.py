"""How products of fp32 tensors are computed on GPUs; the switch is torch's own, on any machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from framecast.engine.distributed_context import DistributedContext
from framecast.engine.evaluation.evaluate import evaluate
from framecast.engine.strategies.precision import float32_products, resolved_precision
from framecast.engine.train import train
from framecast.errors import InputError
from framecast.job.plan import Plan
from framecast.plugin.events import Evaluated, Event, StepDone
from framecast.runs.run_folder import RunFolder


def in_force() -> set[str]:
    backends: Any = torch.backends
    found = {backends.cudnn.conv.fp32_precision, backends.cuda.matmul.fp32_precision}
    return {str(each) for each in found}


@pytest.mark.parametrize(("tf32", "precision"), [(False, "ieee"), (True, "tf32")])
def test_products_are_in_the_chosen_format_while_the_body_runs(tf32: bool, precision: str) -> None:
    before = in_force()
    with float32_products(tf32):
        assert in_force() == {precision}
    assert in_force() == before
    assert torch.backends.cudnn.allow_tf32 is True  # the older switch can still be read


@pytest.mark.parametrize(("precision", "during"), [("fp32", "ieee"), ("bf16", "tf32")])
def test_a_run_trains_in_its_format_and_evaluates_in_ieee(
    tiny_plan: Callable[..., Plan], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, precision: str, during: str
) -> None:
    from framecast.engine.evaluation import validation

    seen: dict[str, set[str]] = {}

    def listen(event: Event) -> None:
        if isinstance(event, StepDone):
            seen["a step"] = in_force()

    def observed_evaluate(*arguments: object) -> object:
        seen["an evaluation"] = in_force()
        return evaluate(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(validation, "evaluate", observed_evaluate)
    plan = tiny_plan(training={"precision": precision, "strategy": "torch"})
    before = in_force()
    run = RunFolder.create(tmp_path, "tiny")
    train(plan, run, DistributedContext.single_process(torch.device("cpu")), listen)
    assert any(isinstance(event, Evaluated) for event in run.journal.read())
    assert seen == {"a step": {during}, "an evaluation": {"ieee"}}
    assert in_force() == before


@pytest.mark.parametrize("precision", ["tf32", "fp16"])
def test_a_format_that_only_gpus_have_is_refused_on_a_cpu(precision: str) -> None:
    with pytest.raises(InputError, match=f"no {precision} arithmetic"):
        resolved_precision(precision, torch.device("cpu"))


@pytest.mark.parametrize("precision", ["tf32", "fp16"])
def test_a_job_without_gpus_is_refused_in_a_format_of_gpus(tiny_plan: Callable[..., Plan], precision: str) -> None:
    with pytest.raises(InputError, match=rf"training\.precision: {precision} needs a GPU"):
        tiny_plan(training={"precision": precision}, compute={"gpus_per_worker": 0})
