"""What a loaded model cannot take, in words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import framecast
from framecast.evaluation.loaded_model import LoadedModel
from tests.evaluation.random_pictures import pictures


@pytest.mark.parametrize(
    ("frames", "words"),
    [
        (np.zeros((1, 2, 1, 16, 16), np.float32), "frames are a ndarray, the model takes a torch.Tensor"),
        ([[0.0]], "frames are a list"),
        (pictures(2, 1, 16, 16), r"shape \(2, 1, 16, 16\), .*: frames\[None\] adds the batch"),
        (pictures(16, 16), r"shape \(16, 16\), the model takes \(batch, time, 1, height, width\)"),
        (pictures(1, 2, 3, 16, 16), "it was trained on 1 channel, these have 3"),
        (pictures(1, 2, 16, 16, 1), r"channels come third, frames.movedim\(-1, 2\)"),
        (pictures(1, 0, 1, 16, 16), "there are none"),
        ((pictures() * 255).byte(), r"frames are uint8, .* floats: frames.float\(\) / 255"),
        (torch.zeros(1, 2, 1, 16, 16, dtype=torch.int64), "frames are int64, the model takes floats"),
        (torch.zeros(1, 2, 1, 16, 16, dtype=torch.complex64), "frames are complex64, the model takes floats"),
        (pictures() * 255, r"values from .* to .*, the model was trained on values in \[0, 1\]: scale them"),
        (pictures() * 2 - 1, r"the model was trained on values in \[0, 1\]: scale them"),
        (pictures() * float("nan"), "hold 512 values that are not finite numbers"),
        (pictures() / 0, "hold 512 values that are not finite numbers"),
        (None, r"frames are missing: call model\(frames, frames_out\) with frames of shape \(batch, time, 1"),
    ],
)
def test_frames_that_it_cannot_take(model: LoadedModel, frames: Any, words: str) -> None:
    with pytest.raises(framecast.InputError, match=words):
        model(frames, 2)


@pytest.mark.parametrize(
    "frames_out", [0, -1, 1.5, None, True, np.float64(3), np.int64(0), np.bool_(True), "3", [3]], ids=repr
)
def test_a_number_of_frames_that_makes_no_sense(model: LoadedModel, frames_out: Any) -> None:
    with pytest.raises(framecast.InputError, match="the number of frames to predict is 1 or more"):
        model(pictures(), frames_out)


@pytest.mark.parametrize("frames_out", [np.int64(3), np.uint8(3), np.array(3), torch.tensor(3)], ids=repr)
def test_any_integer_is_a_number_of_frames(model: LoadedModel, frames_out: Any) -> None:
    with torch.no_grad():
        assert torch.equal(model(pictures(), frames_out), model(pictures(), 3))


def test_missing_arguments_are_named(model: LoadedModel) -> None:
    with pytest.raises(framecast.InputError, match="frames are missing"):
        model()
    with pytest.raises(framecast.InputError, match=r"frames_out is missing: .* 1 or more; it was trained for 2"):
        model(pictures())


@pytest.mark.parametrize(
    ("named", "words"),
    [
        (
            {"keep_truth": torch.ones(1, 2).bool()},
            r"truth is missing: with 3 frames to predict, truth has the shape",
        ),
        ({"truth": pictures()[:, :1]}, r"truth is \(1, 1, 1, 16, 16\): .* shape \(1, 2, 1, 16, 16\)"),
        ({"truth": pictures(), "keep_truth": torch.ones(1, 3).bool()}, r"keep_truth is \(1, 3\)"),
        ({"truth": pictures(), "keep_truth": torch.ones(1, 2)}, r"keep_truth is float32, .*: keep_truth.bool\(\)"),
        ({"truth": pictures().numpy()}, "truth is ndarray"),
        ({"truth": pictures() * 255}, "truth have values from"),
        ({"observed": torch.ones(1, 2).long()}, "predicts frames: observed is for models that recognise classes"),
    ],
)
def test_true_frames_that_it_cannot_feed_back(model: LoadedModel, named: dict[str, Any], words: str) -> None:
    with pytest.raises(framecast.InputError, match=words):
        model(pictures(), 3, **named)


def test_pictures_a_little_outside_the_range_are_taken(model: LoadedModel) -> None:
    assert model(pictures() * 1.2 - 0.1, 2).shape[1] >= 2


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_channel_without_any_number_is_refused(fields: LoadedModel, value: float) -> None:
    seen = torch.full((1, 2, 2, 16, 16), 280.0)
    seen[:, :, 1] = value
    with pytest.raises(framecast.InputError, match="channel 1 of frames has no finite number"):
        fields(seen, 2)


def test_integers_are_no_fields(fields: LoadedModel) -> None:
    with pytest.raises(framecast.InputError, match=r"frames are uint8, the model takes floats: frames.float\(\)$"):
        fields(torch.zeros(1, 2, 2, 16, 16, dtype=torch.uint8), 2)


def test_a_network_that_cannot_do_a_length_or_size_says_why(
    tiny_job: Callable[..., dict[str, Any]], runs: Path
) -> None:
    simvp = {"name": "simvp", "frames_in": 2, "spatial_channels": 8, "temporal_channels": 16, "temporal_layers": 1}
    framecast.run({**tiny_job(training={"max_steps": 1}), "model": simvp}, in_process=True)
    loaded = framecast.load("tiny")
    with pytest.raises(
        framecast.InputError, match=r"simvp cannot predict 2 frames from 1 of 16x16 pixels.*at once"
    ):
        loaded(pictures(1, 1, 1, 16, 16), 2)
    predrnn = {"name": "predrnn", "hidden_channels": [4], "patch_size": 4}
    framecast.run({**tiny_job(training={"max_steps": 1}), "name": "zigzag", "model": predrnn}, in_process=True)
    with pytest.raises(framecast.InputError, match=r"predrnn cannot .* 18x16 pixels.*does not divide"):
        framecast.load("zigzag")(pictures(1, 2, 1, 18, 16), 2)
