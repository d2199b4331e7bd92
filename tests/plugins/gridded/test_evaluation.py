"""Scores of a checkpoint on fields whose own statistics are not those that it was trained with."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
import xarray

import framecast
from framecast.engine.distributed_context import DistributedContext
from framecast.engine.train import train
from framecast.evaluation.evaluation_target import find_subject
from framecast.evaluation.export import export_weights
from framecast.evaluation.prediction import predict
from framecast.job.document import Document
from framecast.job.resolve import make_plan
from framecast.launch.evaluate import evaluate
from framecast.launch.launch import create_run
from framecast.plugin.events import DatasetLoaded
from framecast.registry.registry import Registry
from framecast.runs.run_folder import RunFolder


def fields(frames: int, scale: float, seed: int = 0) -> np.ndarray:
    return (scale * np.random.default_rng(seed).random((frames, 8, 8))).astype(np.float32)


def write(path: Path, values: np.ndarray, name: str = "v", units: str = "mm") -> Path:
    xarray.Dataset({name: (("time", "y", "x"), values, {"units": units})}).to_netcdf(path)
    return path


def train_on(path: Path, root: Path, **more: object) -> RunFolder:
    torch.set_num_threads(1)
    job = {
        "name": "tiny",
        "task": {"name": "video_prediction", "frames_in": 2, "frames_out": 2},
        "model": {"name": "conv_lstm", "layers_per_block": [1], "hidden_channels": [2]},
        "data": {"name": "gridded", "path": str(path), **more},
        "metrics": ["mse"],
        "training": {"max_steps": 1, "batch_size": 4, "strategy": "torch"},
        "compute": {"cpus_per_worker": 1},
    }
    plan = make_plan(Document.from_data(job), Registry.discover())
    run = create_run(plan, Document.from_data({}), root)
    train(plan, run, DistributedContext.single_process(torch.device("cpu")))
    return run


@contextmanager
def unseen(told, terminal):
    yield


def scores(names, root, folder, *overrides):
    subjects = [find_subject(str(name), root, list(overrides)) for name in names]
    content = evaluate(subjects, "test", folder, unseen)[0].content
    return [row["metrics"]["mse"]["value"] for row in content["rows"]], content


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> RunFolder:
    """Trained on values from 0 to 10; made once."""
    folder = tmp_path_factory.mktemp("trained")
    return train_on(write(folder / "a.nc", fields(40, 10)), folder / "runs")


def test_a_checkpoint_is_scored_with_the_normalisation_it_was_trained_with(run, tmp_path):
    other = fields(40, 50, seed=1)
    write(tmp_path / "b.nc", other)
    (found, black, last_frame), content = scores([run.path], run.root, tmp_path, f"data.path={tmp_path / 'b.nc'}")

    subject = find_subject(str(run.path), run.root)
    low, scale = subject.normalisation.offset[0], subject.normalisation.scale[0]
    seen = ((other[34:] - low) / scale).astype(np.float32)[:, None]  # the test period: the last 6 frames
    clips = np.stack([seen[start : start + 4] for start in range(3)])
    with torch.no_grad():
        predicted = subject.model(torch.device("cpu"))(torch.from_numpy(clips[:, :2]), 2)[:, -2:].numpy()
    assert found == pytest.approx(np.mean((predicted - clips[:, 2:]) ** 2), rel=1e-4)
    assert last_frame == pytest.approx(np.mean((clips[:, 1:2] - clips[:, 2:]) ** 2), rel=1e-4)
    assert black == pytest.approx(np.mean(clips[:, 2:] ** 2), rel=1e-4)
    (note,) = content["notes"]
    assert "as in training" in note


def test_the_data_of_the_run_are_scored_as_before_and_without_a_note(run, tmp_path):
    assert scores([run.path], run.root, tmp_path)[1]["notes"] == []


def test_what_predict_and_evaluate_make_of_one_clip_is_the_same(run, tmp_path):
    other = fields(40, 50, seed=1)
    write(tmp_path / "b.nc", other)
    write(tmp_path / "end.nc", other[34:])
    found = predict(find_subject(str(run.path), run.root), tmp_path / "end.nc", 0, 2, 2)
    scale = find_subject(str(run.path), run.root).normalisation.scale[0]
    settings = (f"data.path={tmp_path / 'b.nc'}", "data.stride=3")  # one clip
    assert scores([run.path], run.root, tmp_path, *settings)[0][0] == pytest.approx(
        np.mean(((found.future - found.truth) / scale) ** 2), rel=1e-4
    )


def test_two_runs_with_other_normalisations_are_scored_in_one_unit(run, tmp_path):
    """The unit is that of the first; a network is the same whichever place it has, but for that unit."""
    wide = train_on(write(tmp_path / "wide.nc", fields(40, 30, seed=2)), tmp_path / "runs")
    data = f"data.path={tmp_path / 'wide.nc'}"
    one, _ = scores([run.path, wide.path], run.root, tmp_path / "one", data)
    two, _ = scores([wide.path, run.path], run.root, tmp_path / "two", data)
    ratio = (
        find_subject(str(wide.path), run.root).normalisation.scale[0]
        / find_subject(str(run.path), run.root).normalisation.scale[0]
    )
    assert one[0] == pytest.approx(ratio**2 * two[1], rel=1e-4)
    assert one[1] == pytest.approx(ratio**2 * two[0], rel=1e-4)


def test_other_channels_and_units_are_refused(run, tmp_path):
    write(tmp_path / "cm.nc", fields(40, 10), units="cm")
    with pytest.raises(framecast.InputError, match="v is in cm, the model was trained on mm: convert it"):
        scores([run.path], run.root, tmp_path, f"data.path={tmp_path / 'cm.nc'}")


def test_the_only_variable_may_have_another_name(run, tmp_path):
    write(tmp_path / "w.nc", fields(40, 10), name="w")
    again, content = scores([run.path], run.root, tmp_path / "w", f"data.path={tmp_path / 'w.nc'}")

    assert again == scores([run.path], run.root, tmp_path / "v")[0]
    assert content["notes"] == ["data: w is taken as v"]


def test_other_variables_are_refused(run, tmp_path):
    values = ("time", "y", "x"), fields(40, 10)
    xarray.Dataset({"w": values, "v": values}).to_netcdf(tmp_path / "two.nc")
    data = f"data.path={tmp_path / 'two.nc'}"
    with pytest.raises(
        framecast.InputError, match=r"the channels w, v, .* trained on v: choose v in the data section"
    ):
        scores([run.path], run.root, tmp_path, data)

    assert scores([run.path], run.root, tmp_path, data, "data.variables=[v]")[0]


def test_another_normalisation_cannot_be_asked_for(run, tmp_path):
    export_weights(find_subject(str(run.path), run.root), tmp_path / "model.safetensors")
    for named in (str(run.path), str(tmp_path / "model.safetensors")):
        with pytest.raises(framecast.InputError, match="trained on values from 0 to 1"):
            find_subject(named, run.root, ["data.normalisation=standard"])


def test_a_resumed_run_keeps_its_normalisation_when_the_data_have_grown(tmp_path):
    path = write(tmp_path / "growing.nc", fields(40, 10))
    run = train_on(path, tmp_path / "runs")
    before = find_subject(str(run.path), run.root).normalisation
    write(tmp_path / "longer.nc", np.concatenate([fields(40, 10), fields(40, 90, seed=3)])).replace(path)
    plan = find_subject(str(run.path), run.root, ["training.max_steps=2"]).plan
    train(plan, run, DistributedContext.single_process(torch.device("cpu")))
    assert find_subject(str(run.path), run.root).normalisation == before
    resumed = [event for event in run.journal.read() if isinstance(event, DatasetLoaded)][-1]
    assert any("as in training" in note for note in resumed.notes)
