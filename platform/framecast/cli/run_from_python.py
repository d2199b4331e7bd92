"""`framecast.run`: a job from Python, in a notebook or a script."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import IO, Any

from framecast.cluster.chosen_address import confirm_choice, validate_address
from framecast.job.document import Document
from framecast.job.load import load_plan
from framecast.job.readiness import ensure_enough_clips
from framecast.job.resolve import make_plan
from framecast.launch.capture_output import capture_output
from framecast.launch.launch import create_run, launch
from framecast.registry.registry import Registry
from framecast.runs.roots import runs_root
from framecast.runs.status import Status


def run(
    job: str | Path | Mapping[str, Any],
    *overrides: str,
    runs: Path | None = None,
    in_process: bool = False,
    verbose: bool = True,
) -> Status:
    """Trains a job, a file or a mapping of the same keys, and returns how the run stands.

        status = framecast.run("jobs/demo.yaml", "training.epochs=2")
        status.state, status.best["validation/loss"], status.folder

    `runs` is the folder of all runs; `in_process` trains without Ray. Progress is printed as by `platform submit`,
    unless `verbose` is False. A run that fails is returned with state "failed" and its reason. Raises
    framecast.InputError with everything that is wrong with the job; then nothing has been trained.
    """
    from framecast.report.console import following

    if isinstance(job, Mapping):
        document = Document.from_data(job)
        document.override(list(overrides))
        if isinstance(address := document.get("compute.address"), str):
            confirm_choice(address)
        plan = make_plan(document, Registry.discover(document.data.get("plugins") or []))
    else:
        document, plan = load_plan(Path(job), list(overrides), [])
        validate_address(document)
    ensure_enough_clips(plan)
    folder = create_run(plan, document, runs_root(runs))
    title = f"{folder.name}: {plan.model.name} on {plan.data.name}, in {folder.path}"
    notebook = None if sys.stdout is sys.__stdout__ else sys.stdout
    with capture_output(folder.driver_log) as terminal:
        shown: IO[str] = notebook or terminal
        with following(folder, shown, title) if verbose else nullcontext():
            return launch(plan, folder, in_process)
