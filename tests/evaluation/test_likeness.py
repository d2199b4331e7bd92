"""A video that a model was not made for is told apart from one that is like its training clips."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from framecast.data.video_writer import write_video
from framecast.evaluation.evaluation_target import EvaluationTarget, find_subject
from framecast.evaluation.likeness import differences, treatment
from framecast.evaluation.prediction import predict
from framecast.runs.run_folder import RunFolder


@pytest.fixture
def subject(trained: RunFolder) -> EvaluationTarget:
    return find_subject("tiny", trained.root)


def test_a_test_clip_is_like_the_training_clips(subject: EvaluationTarget, tmp_path: Path) -> None:
    data = subject.plan.data
    np.save(tmp_path / "clip.npy", data.declaration.build(data.settings, "test", 4)[5]["frames"])
    found = predict(subject, tmp_path / "clip.npy", 0, 2, 2)
    assert differences(subject, tmp_path / "clip.npy", found) == []
    assert treatment(subject, tmp_path / "clip.npy", found) == "an array of 16x16, as it is"


def test_a_street_is_unlike_digits(subject: EvaluationTarget, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(90, 200, (5, 120, 160, 3)).astype(np.uint8)
    write_video(tmp_path / "street.mp4", noise, 10)
    found = predict(subject, tmp_path / "street.mp4", 0, 2, 2)
    assert treatment(subject, tmp_path / "street.mp4", found) == (
        "frames of 120x160 pixels, resized to 16x16, in grey"
    )
    said = differences(subject, tmp_path / "street.mp4", found)
    assert said[0] == "its frames are 10 times larger than the model's: most of their detail is lost"
    assert any(each.startswith("its mean brightness is 0.5") for each in said)


def test_an_array_of_another_size_is_reported(subject: EvaluationTarget, tmp_path: Path) -> None:
    np.save(tmp_path / "large.npy", np.zeros((4, 24, 32), np.uint8))
    found = predict(subject, tmp_path / "large.npy", 0, 2, 2)
    said = differences(subject, tmp_path / "large.npy", found)
    assert said[0] == "its frames are 24x32, the model was trained on 16x16"
    assert any("contrast is 0, that of training clips" in each for each in said)


def test_data_that_are_elsewhere_are_said_to_be(subject: EvaluationTarget, tmp_path: Path) -> None:
    settings = subject.plan.data.settings.model_copy(update={"root": "/nowhere"})
    elsewhere = replace(subject, plan=replace(subject.plan, data=replace(subject.plan.data, settings=settings)))
    np.save(tmp_path / "clip.npy", np.full((4, 16, 16), 20, np.uint8))
    found = predict(subject, tmp_path / "clip.npy", 0, 2, 2)
    (said,) = differences(elsewhere, tmp_path / "clip.npy", found)
    assert said.startswith("it could not be compared with the training data (data.root: /nowhere holds none of")
