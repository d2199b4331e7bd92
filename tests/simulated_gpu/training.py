"""Trainings of a few steps, as `framecast.run` does them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import framecast
from framecast.plugin.events import StepDone
from framecast.runs.run_folder import RunFolder

ON_CPU = "compute.gpus_per_worker=0"


def train_tiny(job: Mapping[str, Any], runs: Path, *overrides: str) -> RunFolder:
    """Trains in this process, on the first GPU if the overrides do not say otherwise."""
    status = framecast.run(dict(job), *overrides, runs=runs, in_process=True)
    assert status.state == "finished", status.reason
    return RunFolder(Path(status.folder))


def losses(run: RunFolder) -> list[float]:
    """The loss of each step of a run."""
    return [event.loss for event in run.journal.read() if isinstance(event, StepDone)]
