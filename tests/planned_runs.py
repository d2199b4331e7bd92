"""Runs of a plan, and the losses that their training noted."""

from __future__ import annotations

from pathlib import Path

from framecast.job.document import Document
from framecast.job.plan import Plan
from framecast.launch.launch import create_run
from framecast.plugin.events import StepDone
from framecast.runs.run_folder import RunFolder


def create(plan: Plan, root: Path) -> RunFolder:
    """A new run below `root`."""
    return create_run(plan, Document.from_data({}), root)


def losses(run: RunFolder) -> list[float]:
    """The loss of each step."""
    return [event.loss for event in run.journal.read() if isinstance(event, StepDone)]
