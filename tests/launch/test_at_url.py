"""A run at a URL: what one machine trained, another goes on with, having nothing but the URL."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from framecast.job.document import Document
from framecast.job.plan import Plan
from framecast.launch.launch import create_run, launch, resumed_plan
from framecast.plugin.events import RunStarted
from framecast.runs.checkpoints import CheckpointStore
from framecast.runs.roots import runs_root
from framecast.search.find import find_run
from tests.planned_runs import losses


def test_another_machine_goes_on_from_the_last_checkpoint(
    tiny_plan: Callable[..., Plan], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"file://{tmp_path}/store"
    monkeypatch.setenv("FRAMECAST_CACHE", str(tmp_path / "one"))
    run = create_run(tiny_plan(training={"epochs": 1}), Document.from_data({}), runs_root(url))
    assert launch(resumed_plan(run, []), run, in_process=True).state == "finished"
    stored = CheckpointStore(tmp_path / "store" / "tiny" / run.id / "checkpoints")
    assert [(each.step, each.damaged()) for each in stored.all()] == [(6, [])]

    monkeypatch.setenv("FRAMECAST_CACHE", str(tmp_path / "another"))
    there = find_run(run.id, runs_root(url))
    assert there.path != run.path
    assert launch(resumed_plan(there, ["training.epochs=2"]), there, in_process=True).state == "finished"
    attempts = [event.step for event in there.journal.raw() if isinstance(event, RunStarted)]
    assert attempts == [0, 6]
    whole = create_run(tiny_plan(), Document.from_data({}), tmp_path / "disk")
    launch(resumed_plan(whole, []), whole, in_process=True)
    assert losses(there) == losses(whole)
