"""The plugin in jobs: planned from headers, ready or refused, and trained on real masked fields."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import framecast
from framecast.engine.distributed_context import DistributedContext
from framecast.engine.train import train
from framecast.evaluation.evaluation_target import find_subject
from framecast.job.document import Document
from framecast.job.load import load_plan
from framecast.job.resolve import make_plan
from framecast.launch.launch import create_run
from framecast.plugin.events import Evaluated, RunFinished, StepDone
from framecast.registry.registry import Registry

RADAR = Path(__file__).resolve().parents[3] / "jobs" / "radar.yaml"


def test_importing_the_plugin_loads_nothing_heavy():
    code = (
        "import sys, framecast_gridded as plugin; assert list(plugin.framecast_datasets()); "
        "print(sorted({'torch', 'xarray', 'zarr', 'netCDF4', 'pandas'} & set(sys.modules)))"
    )
    # a process of its own: here they are long loaded
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.fixture
def declaration():
    return Registry.discover().find("data", "gridded").declaration


def test_the_shape_of_clips_is_read_from_the_header(declaration, air, sea, settings_for):
    assert declaration.sample_shape(settings_for(air), 8) == framecast.SampleShape(8, 1, 37, 49)
    cropped = settings_for(sea, augmentation={"crop": 16})
    assert declaration.sample_shape(cropped, 8) == framecast.SampleShape(8, 1, 16, 16)


def test_data_are_ready_where_every_file_opens(declaration, tmp_path, air, settings_for):
    declaration.ready(settings_for(air))
    (tmp_path / "a.nc").write_bytes(air.read_bytes())
    (tmp_path / "b.nc").write_text("not a field")
    with pytest.raises(framecast.InputError, match=r"data\.path: .*b\.nc cannot be read"):
        declaration.ready(settings_for(f"{tmp_path}/*.nc"))


def test_the_radar_job_plans_on_a_real_file(air):
    plan = load_plan(RADAR, [f"data.path={air}"], [])[1]

    assert plan.sample_shape == framecast.SampleShape(12, 1, 32, 32)
    assert plan.value_range == (0, 1)
    assert plan.cost is not None


def test_the_radar_job_without_its_files_says_where_they_are_missing(tmp_path):
    with pytest.raises(framecast.InputError, match=r"data\.path: .*/\*\.nc: no file fits this pattern"):
        load_plan(RADAR, [f"data.path={tmp_path}/*.nc"], [])


def test_a_crop_larger_than_the_fields_is_refused(sea):
    with pytest.raises(framecast.InputError, match=r"augmentation\.crop is 32, but the frames are 18x432"):
        load_plan(RADAR, [f"data.path={sea}"], [])


def test_a_network_trains_on_masked_sea_surface_temperature(tmp_path, tiny_job, sea):
    torch.set_num_threads(1)
    job = tiny_job(training={"epochs": 1, "max_steps": 6})
    job["data"] = {"name": "gridded", "path": str(sea), "augmentation": {"crop": 16}, "stride": 2}
    plan = make_plan(Document.from_data(job), Registry.discover())
    run = create_run(plan, Document.from_data({}), tmp_path / "runs")

    train(plan, run, DistributedContext.single_process(torch.device("cpu")))

    events = list(run.journal.read())
    assert isinstance(events[-1], RunFinished)
    losses = [event.loss for event in events if isinstance(event, StepDone)]
    assert losses
    assert all(math.isfinite(loss) for loss in losses)
    scores = [value for event in events if isinstance(event, Evaluated) for value in event.metrics.values()]
    assert scores
    assert all(math.isfinite(score) for score in scores)
    normalisation = find_subject(str(run.path), tmp_path / "runs").normalisation
    assert normalisation is not None
    assert 250 < normalisation.offset[0] < 310, "kelvin, kept in the checkpoint"


@pytest.mark.parametrize("step", [1, 3])
def test_predictions_step_through_fields_as_training_does(step):
    import framecast_gridded as plugin

    (declared,) = plugin.framecast_datasets()
    assert declared.frame_step(declared.settings(path="any.nc", frame_step=step)) == step
