"""Searches made without training: real folders, whose trials ended as a test says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from framecast.job.document import Document
from framecast.plugin.cause import Cause
from framecast.plugin.events import Evaluated, Event, RunFailed, RunFinished, RunInterrupted, RunStarted, StepDone
from framecast.search.search_folder import SearchFolder
from framecast.search.trial import Trial

Told = tuple[str, dict[str, Any], list[float]]
"""How a trial ended (finished, stopped, failed, running), its point, and its score after each epoch."""


def made_search(root: Path, job: dict[str, Any], told: Sequence[Told], **search: Any) -> SearchFolder:
    """A search over `job` with the trials `told`; of validation/mse and parameters where none are named."""
    block = {"objectives": {"validation/mse": "min", "parameters": "min"}, **search}
    folder = SearchFolder.create(root, "looked_for")
    folder.write(Document.from_data({**job, "name": "looked_for", "search": block}), [])
    space = folder.space()
    for number, (state, point, scores) in enumerate(told, start=1):
        run = Trial.create(folder.trials_folder, number, 1, point, "", space.plan(point).to_yaml())
        for event in story(state, scores):
            run.journal.append(event)
    return folder


def story(state: str, scores: Sequence[float]) -> list[Event]:
    """The events of a trial."""
    found: list[Event] = [RunStarted(1, 0, 0, 0, 2, 8, 1, "cpu", "fp32", "torch", 10)]
    for epoch, score in enumerate(scores, start=1):
        metrics = {"validation/loss": score, "validation/mse": score}
        found.append(StepDone(epoch, epoch - 1, 0.5, None, 1e-3, None, False, 0.1, {}))
        found.append(Evaluated(epoch, epoch, "model", "validation", metrics, {}, 4, 0.1))
    ending: dict[str, list[Event]] = {
        "finished": [RunFinished(len(scores), "epochs")],
        "stopped": [RunInterrupted(len(scores), f"stopped early by asha at epoch {len(scores)}", Cause.SCHEDULER)],
        "failed": [RunFailed(len(scores), "out of <memory>")],
        "running": [],
    }
    return [*found, *ending[state]]
