"""From real fields in kelvin, with their land masked out, to a checkpoint that predicts in kelvin."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import torch

from framecast.engine.distributed_context import DistributedContext
from framecast.engine.train import train
from framecast.evaluation.evaluation_target import find_subject
from framecast.evaluation.prediction import predict
from framecast.job.document import Document
from framecast.job.resolve import make_plan
from framecast.launch.launch import create_run
from framecast.plugin.events import StepDone
from framecast.registry.registry import Registry
from framecast.runs.checkpoints import CheckpointStore
from framecast.runs.run_folder import RunFolder


@pytest.fixture(scope="module")
def run(sea, tmp_path_factory) -> RunFolder:
    """A network after two steps on squares of the sea surface; made once, for training takes the time."""
    torch.set_num_threads(1)
    job = {
        "name": "tiny",
        "task": {"name": "video_prediction", "frames_in": 2, "frames_out": 2},
        "model": {
            "name": "conv_tt_lstm",
            "order": 2,
            "steps": 2,
            "rank": 2,
            "kernel_size": 3,
            "layers_per_block": [1],
            "hidden_channels": [4],
        },
        "data": {"name": "gridded", "path": str(sea), "augmentation": {"crop": 16}},
        "metrics": ["mse"],
        "training": {"max_steps": 2, "batch_size": 4, "strategy": "torch"},
        "compute": {"cpus_per_worker": 1},
    }
    plan = make_plan(Document.from_data(job), Registry.discover())
    run = create_run(plan, Document.from_data({}), tmp_path_factory.mktemp("runs"))
    train(plan, run, DistributedContext.single_process(torch.device("cpu")))
    return run


def test_losses_are_finite_though_a_quarter_is_not_known(run):
    losses = [event.loss for event in run.journal.read() if isinstance(event, StepDone)]

    assert len(losses) == 2
    assert all(math.isfinite(loss) for loss in losses)


def test_the_checkpoint_keeps_the_normalisation_of_the_training_period(run, sea_field):
    checkpoint = CheckpointStore(run.checkpoints).named("last")
    kept = json.loads((checkpoint.path / "loop.json").read_text())["normalisation"]
    training = sea_field[:38].to_numpy()

    assert kept["offset"] == [float(np.nanmin(training))]
    assert kept["scale"][0] == pytest.approx(np.ptp(training[np.isfinite(training)]), rel=1e-6)


@pytest.mark.parametrize("columns", [slice(0, 20), slice(200, 260)], ids=["with land", "open sea"])
def test_kelvin_in_is_kelvin_out(run, sea_field, tmp_path, columns):
    fields = sea_field[46:50, :, columns].to_numpy()
    np.save(tmp_path / "sea.npy", fields)
    found = predict(find_subject(str(run.path), run.root), tmp_path / "sea.npy", 0, frames_in=2, frames_out=2)
    known = np.isfinite(fields[:2])

    np.testing.assert_allclose(found.context[:, 0][known], fields[:2][known], rtol=1e-5)
    assert found.future.shape == (2, 1, 18, fields.shape[2])
    assert 260 < found.future.min() <= found.future.max() < 330
    assert found.value_range == pytest.approx((np.nanmin(sea_field[:38]), np.nanmax(sea_field[:38])), rel=1e-5)


def test_a_file_is_predicted_as_the_array_in_it(run, sea, sea_field, tmp_path):
    subject = find_subject(str(run.path), run.root)
    np.save(tmp_path / "sea.npy", sea_field.to_numpy())
    of_array = predict(subject, tmp_path / "sea.npy", 46, frames_in=2, frames_out=2)
    of_file = predict(subject, sea, 46, frames_in=2, frames_out=2)

    np.testing.assert_array_equal(of_file.context, of_array.context)
    np.testing.assert_array_equal(of_file.future, of_array.future)
    assert subject.normalisation is not None
    assert (subject.normalisation.names, subject.normalisation.units) == (("surface_temperature",), ("K",))
