"""The plan: a job resolved against the plugins; pure, complete, and the same after a trip over the disk."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from framecast.job.document import Document
from framecast.job.load import load_plan, read_plan
from framecast.job.resolve import make_plan
from framecast.registry.registry import Registry
from tests.job.written_job import JOB, plan_of, refusals

ROOT = Path(__file__).resolve().parents[2]
JOBS = sorted((ROOT / "jobs").glob("*.yaml"))

_SAMPLES = importlib.util.find_spec("iris_sample_data")
assert _SAMPLES is not None
assert _SAMPLES.origin is not None
_FIELDS = [f"data.path={Path(_SAMPLES.origin).parent / 'sample_data' / 'E1_north_america.nc'}"]
_CLASSES = ["data.root={folder}", "data.classes=null"]
OVERRIDES = {  # jobs whose shape or classes are read from files on the disk: real ones instead
    "radar.yaml": _FIELDS,
    "something_something.yaml": _CLASSES,
    "something_something_small.yaml": _CLASSES,
}


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.discover()


def overrides(job: Path, folder: Path) -> list[str]:
    """What a job of the project needs to be resolved here; its label files are made in `folder`."""
    (folder / "labels.json").write_text('{"Opening something": "0", "Closing something": "1"}')
    return [each.format(folder=folder) for each in OVERRIDES.get(job.name, [])]


def test_every_default_is_filled_in(tmp_path: Path) -> None:
    job = plan_of(tmp_path).to_dict()["job"]
    assert set(job) == {
        *("name", "task", "model", "data", "metrics", "training"),
        *("deepspeed", "compute", "checkpoints", "callbacks"),
    }
    assert job["training"]["optimizer"] == {"name": "adam", "learning_rate": 1e-3, "weight_decay": 0.0}
    assert job["model"]["rank"] == 8
    assert job["task"]["sampling"]["patience"] == 20
    assert job["data"]["validation_clips"] == 3000


def test_the_metrics_are_the_tasks_own_where_the_job_names_none(tmp_path: Path) -> None:
    assert [part.name for part in plan_of(tmp_path).metrics] == ["mse", "mae", "psnr", "ssim"]
    assert len(plan_of(tmp_path, JOB + "metrics: null\n").metrics) == 4
    assert [part.name for part in plan_of(tmp_path, JOB + "metrics: [ssim]\n").metrics] == ["ssim"]
    assert plan_of(tmp_path, JOB + "metrics: []\n").metrics == ()


def test_the_baselines_are_the_tasks(tmp_path: Path) -> None:
    assert [part.name for part in plan_of(tmp_path).baselines] == ["black", "last_frame"]


def test_a_section_may_be_a_bare_name(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, "name: a\ntask: video_prediction\nmodel: conv_lstm\ndata: moving_mnist\n")
    assert (plan.task.name, plan.model.name, plan.data.name) == ("video_prediction", "conv_lstm", "moving_mnist")


def test_the_clip_is_as_long_as_the_task_needs(tmp_path: Path) -> None:
    plan = plan_of(tmp_path)
    assert plan.frames == 5
    assert plan.sample_shape == (5, 1, 16, 16, 0)  # no classes


def test_every_plugin_is_named_with_its_version_and_only_those_needed(tmp_path: Path) -> None:
    plugins = plan_of(tmp_path).to_dict()["plugins"]
    assert {plugin["name"] for plugin in plugins} == {
        "framecast_video_prediction",
        "framecast_conv_tt_lstm",
        "framecast_moving_mnist",
        "framecast_metrics",
    }
    assert all(plugin["version"] for plugin in plugins)


def test_the_direction_of_the_monitor_is_the_metrics_own(tmp_path: Path) -> None:
    def monitoring(name: str) -> str:
        return plan_of(tmp_path, JOB, f"checkpoints.monitor=validation/{name}").monitor_direction

    assert [monitoring(name) for name in ("loss", "mse", "psnr", "ssim")] == ["min", "min", "max", "max"]


def files(folder: Path) -> Iterator[tuple[str, int]]:
    for path in sorted(folder.rglob("*")):
        yield str(path), path.stat().st_mtime_ns


def test_making_a_plan_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, registry: Registry) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "job.yaml").write_text(JOB)
    document = Document.read(Path("job.yaml"))
    before = list(files(tmp_path)), dict(os.environ), dict(document.data)
    plans = [make_plan(document, registry).to_dict() for _ in range(2)]
    assert plans[0] == plans[1]
    assert (list(files(tmp_path)), dict(os.environ), dict(document.data)) == before


@pytest.mark.parametrize("file", JOBS, ids=lambda file: file.name)
def test_a_plan_is_the_same_after_a_trip_over_the_disk(file: Path, tmp_path: Path) -> None:
    plan = load_plan(file, overrides(file, tmp_path), [])[1]
    again = read_plan(plan.to_yaml())
    assert again.to_dict() == plan.to_dict()
    assert again.to_yaml() == plan.to_yaml()


def test_a_job_that_does_not_need_a_broken_plugin_goes_on_without_it(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("raise RuntimeError('no licence')\n")
    assert plan_of(tmp_path, JOB + "plugins: [./broken.py]\n").model.name == "conv_tt_lstm"
    text = JOB.replace("conv_tt_lstm", "their_cell") + "plugins: [./broken.py]\n"
    assert any("is broken" in said and "no licence" in said for said in refusals(tmp_path, text))


def test_a_constraint_is_refused_with_both_numbers_at_the_line_that_was_written(tmp_path: Path) -> None:
    (said,) = refusals(tmp_path, JOB.replace("data:", "  order: 5\ndata:"))
    assert said == (
        "job.yaml:7:3 model.order: order <= steps is required, but order is 5, steps is 3: "
        "with sliding windows every core starts from a past state of its own"
    )


def test_a_constraint_broken_by_the_other_setting_points_at_that_one(tmp_path: Path) -> None:
    (said,) = refusals(tmp_path, JOB.replace("data:", "  steps: 2\ndata:"))
    assert said.startswith("job.yaml:7:3 model.steps: order <= steps is required, but order is 3, steps is 2")


def test_all_problems_come_at_once_sorted_by_place(tmp_path: Path) -> None:
    text = JOB.replace("name: tiny", "name: ../tiny").replace("[2]", "[0]").replace("16", "2")
    found = refusals(tmp_path, text + "trainig: {}\nmetrics: [mes]\n")
    assert [said.partition(" ")[2].partition(":")[0] for said in found] == [
        *("name", "model.hidden_channels.0", "data.size", "trainig", "metrics.0")
    ]


def test_a_metric_listed_twice_is_refused(tmp_path: Path) -> None:
    (said,) = refusals(tmp_path, JOB + "metrics: [mse, {name: mse}]\n")
    assert said == "job.yaml:8:1 metrics: mse is listed twice"


@pytest.mark.parametrize("file", JOBS, ids=lambda file: file.name)
def test_every_job_that_comes_with_the_project_resolves(file: Path, tmp_path: Path) -> None:
    assert load_plan(file, overrides(file, tmp_path), [])[1].job.name == file.stem


@pytest.mark.parametrize("file", JOBS, ids=lambda file: file.name)
def test_every_job_opens_with_its_command_time_score_and_knob(file: Path) -> None:
    text = file.read_text()
    header = text[: text.index("\n\n")]
    assert all(line.startswith("#") for line in header.splitlines())
    for word in ("command", "time", "score", "the knob"):
        assert any(line.removeprefix("#").strip().startswith(word) for line in header.splitlines()), word
    assert f"platform submit jobs/{file.name}" in header


def test_a_job_from_python_is_a_mapping_of_the_same_keys(registry: Registry) -> None:
    data: dict[str, Any] = {"name": "a", "task": "video_prediction", "model": "conv_lstm", "data": "moving_mnist"}
    assert make_plan(Document.from_data(data), registry).job.name == "a"
