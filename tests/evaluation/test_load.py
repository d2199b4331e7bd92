"""A loaded model speaks the units of its data, and says in words what it cannot take."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import framecast
from framecast.evaluation.loaded_model import LoadedModel
from framecast.runs.run_folder import RunFolder


@pytest.fixture
def model(trained: RunFolder) -> LoadedModel:
    return framecast.load("tiny")


def pictures(*shape: int) -> torch.Tensor:
    return torch.rand(shape or (1, 2, 1, 16, 16), generator=torch.Generator().manual_seed(0))


def test_it_knows_what_it_was_trained_for(model: LoadedModel) -> None:
    assert isinstance(model, torch.nn.Module)
    assert not model.training
    assert (model.frames_in, model.frames_out) == (2, 2)
    assert model.value_range == (0.0, 1.0)
    assert model.normalisation is None
    assert model.sample_shape.image == (1, 16, 16)


def test_it_answers_as_its_network_does(model: LoadedModel) -> None:
    with torch.no_grad():
        assert torch.equal(model(pictures(), 3), model.network(pictures(), 3))
        assert model(pictures(2, 5, 1, 24, 32), 7)[:, -7:].shape == (2, 7, 1, 24, 32)
        assert model(pictures().double(), 3).dtype == torch.float32
        assert (
            model(pictures(), 3, truth=pictures(1, 2, 1, 16, 16), keep_truth=torch.ones(1, 2).bool()).shape[1] == 4
        )


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


def test_truth_alone_is_fed_back_everywhere(model: LoadedModel) -> None:
    truth = pictures(1, 2, 1, 16, 16)
    with torch.no_grad():
        alone = model(pictures(), 3, truth=truth)
        assert torch.equal(alone, model(pictures(), 3, truth=truth, keep_truth=torch.ones(1, 2).bool()))


def test_a_device_that_is_not_there(trained: RunFolder) -> None:
    with pytest.raises(framecast.InputError, match="device 'gpu'"):
        framecast.load("tiny", device="gpu")


def test_pictures_a_little_outside_the_range_are_taken(model: LoadedModel) -> None:
    assert model(pictures() * 1.2 - 0.1, 2).shape[1] >= 2


@pytest.fixture
def fields(tmp_path: Path, tiny_job: Callable[..., dict[str, Any]], runs: Path) -> LoadedModel:
    """A model of two channels, 280 K and 1000 hPa with gaps."""
    rows = np.random.default_rng(0).normal(size=(60, 2, 16, 16)) * [[[5.0]], [[20.0]]] + [[[280.0]], [[1000.0]]]
    rows[:, 0, 0, 0] = np.nan
    np.save(tmp_path / "fields.npy", rows.astype(np.float32))
    job = tiny_job(metrics=["mse"], training={"max_steps": 1})
    job["data"] = {"name": "gridded", "path": str(tmp_path / "fields.npy")}
    framecast.run(job, in_process=True)
    return framecast.load("tiny")


def test_fields_come_and_go_in_their_own_units(fields: LoadedModel) -> None:
    low, high = fields.value_range
    assert low < 280 < 1000 < high
    seen = torch.full((1, 2, 2, 16, 16), 280.0)
    seen[:, :, 1] = 1000.0
    seen[0, 0, 0, 3, 3] = float("nan")
    with torch.no_grad():
        future = fields(seen, 2)[:, -2:]
    assert future.isfinite().all()
    own = fields.normalisation
    assert own is not None
    normalised = torch.from_numpy(own.applied(seen[0].numpy()))[None]
    with torch.no_grad():
        expected = own.undone(fields.network(normalised, 2)[0].numpy())
    np.testing.assert_allclose(future[0].numpy(), expected[-2:], rtol=1e-6)


def test_infinite_fields_are_taken_as_missing_with_a_warning(fields: LoadedModel) -> None:
    seen = torch.full((1, 2, 2, 16, 16), 280.0)
    seen[:, :, 1] = 1000.0
    gap, infinite = seen.clone(), seen.clone()
    gap[0, 0, 0, 3, 3], infinite[0, 0, 0, 3, 3] = float("nan"), float("-inf")
    with torch.no_grad(), pytest.warns(UserWarning, match="frames hold 1 infinite value: .* missing") as caught:
        found = fields(infinite, 2)
    assert caught[0].filename == __file__
    with torch.no_grad():
        assert torch.equal(found, fields(gap, 2))


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


def test_a_run_from_python_prints_its_progress(
    tiny_job: Callable[..., dict[str, Any]], runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job = tiny_job(training={"max_steps": 1})
    framecast.run(job, in_process=True)
    printed = capsys.readouterr().out
    assert "tiny: conv_tt_lstm on moving_mnist" in printed
    assert "validation  loss" in printed
    framecast.run(job, in_process=True, verbose=False)
    assert capsys.readouterr().out == ""


def test_a_recogniser_is_asked_with_its_readings(runs: Path) -> None:
    job = {
        "name": "tiny",
        "task": {"name": "early_activity_recognition", "frames": 4, "observed": [0.5], "frames_out": 1},
        "model": {
            "name": "conv_lstm_recognition",
            "layers_per_block": [1],
            "hidden_channels": [4],
            "strides": [4],
        },
        "data": {"name": "digit_motions", "train_clips": 8, "validation_clips": 8},
        "training": {"max_steps": 1, "batch_size": 4, "strategy": "torch"},
        "compute": {"cpus_per_worker": 1},
    }
    assert framecast.run(job, in_process=True).state == "finished"
    loaded = framecast.load("tiny")
    frames, observed = pictures(2, 2, *loaded.sample_shape.image), torch.tensor([[1, 2], [1, 2]])
    with torch.no_grad():
        answer = loaded(frames, 1, observed=observed)
        assert torch.equal(answer.logits, loaded.network(frames, 1, observed=observed).logits)
    assert answer.logits.shape == (2, 2, loaded.sample_shape.classes)
    with pytest.raises(framecast.InputError, match="where observed"):
        loaded(frames, 1)
    with pytest.raises(framecast.InputError, match="truth is for models that predict frames"):
        loaded(frames, 1, truth=frames, observed=observed)
