"""What the data can tell at once is refused before a run has a folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import framecast
from framecast.errors import InputError
from framecast.job.document import Document
from framecast.job.plan import Plan
from framecast.job.readiness import ensure_enough_clips
from framecast.job.resolve import make_plan
from framecast.launch.launch import create_run, launch
from framecast.registry.registry import Registry
from framecast.runs.run_folder import RunFolder
from framecast.runs.status import Status


@pytest.fixture
def plan_on(tiny_job: Callable[..., dict[str, Any]], tmp_path: Path) -> Callable[..., Plan]:
    """The tiny job's plan on an array of these values, (T, H, W)."""

    def plan(values: np.ndarray, **data: Any) -> Plan:
        np.save(tmp_path / "fields.npy", values)
        job = tiny_job(metrics=["mse"], training={"max_steps": 1})
        job["data"] = {"name": "gridded", "path": str(tmp_path / "fields.npy"), **data}
        return make_plan(Document.from_data(job), Registry.discover())

    return plan


def noise(frames: int) -> np.ndarray:
    return np.random.default_rng(0).random((frames, 16, 16)).astype(np.float32)


def test_periods_shorter_than_a_clip_are_refused_at_once(plan_on: Callable[..., Plan]) -> None:
    ensure_enough_clips(plan_on(noise(40)))
    with pytest.raises(InputError, match="validation has 2 of the 14 frames, and one clip reaches over 4"):
        ensure_enough_clips(plan_on(noise(14)))
    with pytest.raises(InputError, match=r"train has 7 of .* over 10(.|\n)*validation has 1 of .* over 10"):
        ensure_enough_clips(plan_on(noise(9), frame_step=3))


def test_a_batch_that_is_never_full_and_a_split_without_clips(tiny_plan: Callable[..., Plan]) -> None:
    ensure_enough_clips(tiny_plan())
    with pytest.raises(InputError, match="batch_size: 4 is more than the 3 clips of the training split"):
        ensure_enough_clips(tiny_plan(data={"train_clips": 3}))
    ensure_enough_clips(tiny_plan(data={"train_clips": 3}, model="last_frame"))  # it trains on none


def test_a_python_run_is_refused_without_a_folder(tiny_job: Callable[..., dict[str, Any]], runs: Path) -> None:
    with pytest.raises(InputError, match="no batch is full"):
        framecast.run(tiny_job(data={"train_clips": 3}), in_process=True)
    assert RunFolder.all(runs) == []


def test_what_only_reading_tells_takes_the_folder_away(plan_on: Callable[..., Plan], runs: Path) -> None:
    values = noise(40)
    values[:28] = np.nan  # the training period
    plan = plan_on(values)
    run = create_run(plan, Document.from_data({}), runs)
    with pytest.raises(InputError, match="0 has no number in the training period"):
        launch(plan, run, in_process=True)
    assert RunFolder.all(runs) == []


def test_a_run_that_users_know_by_its_name_is_kept_as_failed(plan_on: Callable[..., Plan], runs: Path) -> None:
    values = noise(40)
    values[:28] = np.nan
    plan = plan_on(values)
    run = create_run(plan, Document.from_data({}), runs)
    assert launch(plan, run, in_process=True, new=False).state == "failed"
    assert "no number in the training period" in Status.of(run).reason
    assert list(map(type, run.journal.read())) == [framecast.events.RunFailed]
