"""What a plan knows cannot work is refused before anything is trained."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from framecast.errors import InputError
from framecast.job.document import Document
from framecast.job.load import read_plan
from framecast.job.resolve import make_plan
from framecast.registry.registry import Registry

Job = Callable[..., dict[str, Any]]


def refusal(job: dict[str, Any]) -> str:
    with pytest.raises(InputError) as refused:
        make_plan(Document.from_data(job), Registry.discover())
    (problem,) = refused.value.problems
    return f"{problem.key}: {problem.message}"


@pytest.fixture
def fields(tmp_path: Path) -> Callable[[int, int, int], dict[str, Any]]:
    """Makes the data section of 60 fields with that many channels, rows and columns."""

    def made(channels: int, height: int, width: int) -> dict[str, Any]:
        file = tmp_path / f"{channels}x{height}x{width}.npy"
        np.save(file, np.random.default_rng(0).random((60, channels, height, width), np.float32))
        return {"name": "gridded", "path": str(file)}

    return made


def with_data(job: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
    return {**job, "data": data}


@pytest.mark.parametrize(
    ("image", "metric", "reason"),
    [
        ((5, 32, 32), "lpips", "lpips: scores frames of 1 or 3 channels, these have 5"),
        ((1, 16, 20), "lpips", "lpips: needs frames of at least 31x31 pixels, these are 16x20"),
        ((3, 30, 64), "lpips", "lpips: needs frames of at least 31x31 pixels, these are 30x64"),
        (
            (1, 16, 15),
            {"name": "lpips", "net": "vgg"},
            "lpips: needs frames of at least 16x16 pixels, these are 16x15",
        ),
        ((1, 6, 6), "ssim", "ssim: needs frames of at least 7x7 pixels, these are 6x6"),
        ((2, 32, 6), "ssim", "ssim: needs frames of at least 7x7 pixels, these are 32x6"),
    ],
)
def test_metrics_that_cannot_score_the_data(
    tiny_job: Job, fields: Any, image: tuple[int, int, int], metric: Any, reason: str
) -> None:
    job = with_data(tiny_job(metrics=["mse", metric]), fields(*image))
    assert refusal(job).startswith(f"metrics.1: {reason}")


@pytest.mark.parametrize(
    ("image", "metrics"),
    [((3, 31, 31), ["lpips"]), ((1, 16, 20), [{"name": "lpips", "net": "vgg"}]), ((5, 7, 7), ["ssim", "mse"])],
)
def test_metrics_that_can_are_taken(
    tiny_job: Job, fields: Any, image: tuple[int, int, int], metrics: list[Any]
) -> None:
    job = with_data(tiny_job(metrics=metrics), fields(*image))
    assert make_plan(Document.from_data(job), Registry.discover()).metrics


def test_metrics_of_an_evaluation_are_checked_as_well(tiny_job: Job) -> None:
    plan = make_plan(Document.from_data(tiny_job()), Registry.discover())
    with pytest.raises(InputError, match="lpips: needs frames of at least 31x31 pixels, these are 16x16"):
        read_plan(plan.to_yaml(), ["metrics=[lpips]"], and_installed=True)


def test_a_simvp_that_sees_more_frames_than_the_task_shows(tiny_job: Job) -> None:
    simvp = {"name": "simvp", "frames_in": 10, "spatial_channels": 8, "temporal_channels": 16}
    job = {**tiny_job(), "model": simvp}
    assert refusal(job) == (
        "model: simvp: it sees 10 frames at once and the task shows it 2: set model.frames_in=2, the task's "
        "frames_in"
    )
    job["model"] = {**simvp, "frames_in": 2}
    assert make_plan(Document.from_data(job), Registry.discover()).model.name == "simvp"


def test_patches_that_do_not_divide_the_frames(tiny_job: Job) -> None:
    job = {**tiny_job(), "model": {"name": "predrnn", "hidden_channels": [4], "patch_size": 5}}
    assert refusal(job).startswith("model: patch_size (5) does not divide frames of 16x16")


def test_objectives_that_no_trial_measures(tiny_job: Job) -> None:
    search = {"parameters": {"model.rank": {"int": [2, 3]}}, "objectives": {"validation/sim": "max"}}
    assert refusal(tiny_job(search=search)) == (
        "search.objectives.validation/sim: validation/sim is not measured in this job, did you mean "
        "validation/ssim?"
    )


def test_a_monitor_of_a_callback_that_is_not_measured(tiny_job: Job) -> None:
    job = tiny_job(callbacks=["tensorboard", {"name": "early_stopping", "monitor": "validation/mes"}])
    assert refusal(job) == (
        "callbacks.1: early_stopping: monitor: validation/mes is not measured in this job, did you mean "
        "validation/mse?"
    )


RECOGNITION = {
    "name": "early_activity_recognition",
    "frames": 6,
    "observed": [0.5],
    "frames_out": 2,
    "prediction_weight": 0,
}


@pytest.mark.parametrize(
    ("model", "task", "reason"),
    [
        ("conv3d", {}, "metrics.1: mse scores predicted frames, and conv3d predicts no frames: leave it out"),
        (
            {"name": "conv_lstm_recognition", "decoder": False},
            {},
            "metrics.1: mse scores predicted frames, and conv_lstm_recognition predicts no frames: leave it out",
        ),
        (
            "conv_lstm_recognition",
            {"frames_out": 0},
            "metrics.1: mse scores predicted frames, and task.frames_out is 0: leave it out",
        ),
    ],
)
def test_frame_metrics_where_no_frames_are_predicted(
    tiny_job: Job, model: Any, task: dict[str, Any], reason: str
) -> None:
    job = {**tiny_job(), "model": model, "data": {"name": "digit_motions"}, "task": {**RECOGNITION, **task}}
    assert refusal({**job, "metrics": ["accuracy", "mse"]}) == reason
    make_plan(Document.from_data({**job, "metrics": ["accuracy"]}), Registry.discover())


def test_a_weight_for_frames_that_a_model_does_not_predict(tiny_job: Job) -> None:
    job = {**tiny_job(), "data": {"name": "digit_motions"}, "metrics": ["accuracy"]}
    job["task"] = {**RECOGNITION, "prediction_weight": 1}
    assert refusal({**job, "model": "conv3d"}) == (
        "task: the model predicts no frames: give it a decoder, or write task.prediction_weight=0"
    )
    job["model"] = "conv_lstm_recognition"
    make_plan(Document.from_data({**job, "metrics": ["accuracy", "mse"]}), Registry.discover())
