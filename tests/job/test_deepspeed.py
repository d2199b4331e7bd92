"""What the deepspeed section may not say, each refusal with its place and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from framecast.errors import InputError
from framecast.job.deepspeed import DeepSpeed
from framecast.job.document import Document
from framecast.job.load import load_plan
from framecast.job.resolve import make_plan
from framecast.registry.registry import Registry

JOB = "name: a\ntask: video_prediction\nmodel: conv_lstm\ndata: moving_mnist\n"


def refusals(folder: Path, section: str) -> list[str]:
    (folder / "job.yaml").write_text(f"{JOB}deepspeed:\n{section}")
    with pytest.raises(InputError) as refused:
        load_plan(folder / "job.yaml", [], [])
    return [str(problem).removeprefix(f"{folder}/") for problem in refused.value.problems]


def test_a_key_that_the_job_decides_is_refused_at_its_place(tmp_path: Path) -> None:
    assert refusals(tmp_path, "  extra:\n    gradient_clipping: 3\n    fp16: {enabled: true}\n") == [
        "job.yaml:7:5 deepspeed.extra.gradient_clipping: is decided by training.gradient_clipping: set that",
        "job.yaml:8:12 deepspeed.extra.fp16.enabled: is decided by training.precision: set that",
    ]


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ("{optimizer: {type: Lamb}}", "training.optimizer"),
        ("{train_batch_size: 8}", "training.batch_size"),
        ("{torch_autocast: {enabled: true}}", "training.precision"),
        ("{zero_optimization: {stage: 2}}", "deepspeed.zero_stage"),
        ("{zero_optimization: {offload_param: {device: nvme}}}", "deepspeed.offload"),
    ],
)
def test_the_refusal_names_the_jobs_own_key(tmp_path: Path, written: str, instead: str) -> None:
    (said,) = refusals(tmp_path, f"  extra: {written}\n")
    assert f"is decided by {instead}: set that" in said or f"is decided by {instead} and" in said


@pytest.mark.parametrize(("offload", "stage", "lowest"), [("optimizer", 0, 1), ("all", 2, 3)])
def test_what_is_offloaded_must_be_shared_out(tmp_path: Path, offload: str, stage: int, lowest: int) -> None:
    (said,) = refusals(tmp_path, f"  zero_stage: {stage}\n  offload: {offload}\n")
    assert said == (
        f"job.yaml:7:3 deepspeed.offload: {offload} needs deepspeed.zero_stage {lowest} or more, "
        f"not {stage}: set that, or write none"
    )


@pytest.mark.parametrize(
    "section",
    [
        {"offload": "optimizer"},
        {"zero_stage": 3, "offload": "all"},
        {"extra": {"zero_optimization": {"reduce_bucket_size": 1000}, "fp16": {"loss_scale_window": 100}}},
    ],
)
def test_what_contradicts_nothing_passes(section: dict[str, Any]) -> None:
    data = {"name": "a", "task": "video_prediction", "model": "conv_lstm", "data": "moving_mnist"}
    plan = make_plan(Document.from_data({**data, "deepspeed": section}), Registry.discover())
    assert plan.job.deepspeed == DeepSpeed(**section)
