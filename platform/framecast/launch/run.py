"""`framecast.run`: a job from Python, in a notebook or a script."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from framecast.job.document import Document
from framecast.job.resolve import load_plan, make_plan
from framecast.launch.chatter import quiet
from framecast.launch.launch import create_run, launch
from framecast.registry.registry import Registry
from framecast.runs.folder import runs_root
from framecast.runs.status import Status


def run(
    job: str | Path | Mapping[str, Any], *overrides: str, runs: Path | None = None, in_process: bool = False
) -> Status:
    """Trains a job, a file or a mapping of the same keys, and returns how the run stands.

        status = framecast.run("jobs/demo.yaml", "training.epochs=2")
        status.best["validation/mse"], status.folder

    Raises framecast.InputError with everything that is wrong with the job.
    """
    if isinstance(job, Mapping):
        document = Document.from_data(job)
        document.override(list(overrides))
        plan = make_plan(document, Registry.discover(document.data.get("plugins") or []))
    else:
        document, plan = load_plan(Path(job), list(overrides), [])
    folder = create_run(plan, document, runs_root(runs))
    with quiet(folder.logs / "driver.log"):
        return launch(plan, folder, in_process)
