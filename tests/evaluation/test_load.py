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
from tests.evaluation.random_pictures import pictures


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


def test_truth_alone_is_fed_back_everywhere(model: LoadedModel) -> None:
    truth = pictures(1, 2, 1, 16, 16)
    with torch.no_grad():
        alone = model(pictures(), 3, truth=truth)
        assert torch.equal(alone, model(pictures(), 3, truth=truth, keep_truth=torch.ones(1, 2).bool()))


def test_a_device_that_is_not_there(trained: RunFolder) -> None:
    with pytest.raises(framecast.InputError, match="device 'gpu'"):
        framecast.load("tiny", device="gpu")


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
