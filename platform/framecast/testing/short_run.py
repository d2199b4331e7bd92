"""A real run of a few steps, in this process: the engine's own loop around what is checked."""

from __future__ import annotations

import contextlib
import io
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch

from framecast.engine.distributed_context import DistributedContext
from framecast.engine.train import train
from framecast.job.document import Document
from framecast.job.plan import Plan
from framecast.job.plugin_config import PluginConfig
from framecast.job.resolve import make_plan
from framecast.plugin.events import Event, StepDone, Warned
from framecast.runs.run_folder import RunFolder
from framecast.testing.fixtures import FORECASTER, RECOGNISER
from framecast.testing.plugin_under_test import PluginUnderTest

_JOB: dict[str, Any] = {
    "name": "conformance",
    "task": {"name": "conformance_next_frames"},
    "data": {"name": "conformance_squares"},
    "training": {"epochs": 2, "batch_size": 4, "max_steps": 6, "strategy": "torch", "precision": "fp32"},
    "checkpoints": {"monitor": "validation/loss"},
    "compute": {"cpus_per_worker": 1, "gpus_per_worker": 0},
}
_NUMBERS = itertools.count()


@dataclass(frozen=True)
class ShortRun:
    """What a run left behind: its folder, and its events in order."""

    folder: RunFolder
    events: list[Event]

    @property
    def ending(self) -> Event:
        """The event that ended it: notices may follow."""
        return next(event for event in reversed(self.events) if not isinstance(event, Warned))

    @property
    def losses(self) -> list[float]:
        """The loss of each step."""
        return [event.loss for event in self.events if isinstance(event, StepDone)]


def short_plan(subject: PluginUnderTest, **sections: Mapping[str, Any]) -> Plan:
    """The kit's small job with the author's sections laid over it, then these. Raises InputError."""
    tells_classes = subject.kind == "task" and subject.task.requires == "logits"
    model = {"model": RECOGNISER if tells_classes else FORECASTER}
    job = {**_JOB, **model, **subject.given.job, **sections}
    return make_plan(Document.from_data(job), subject.registry)


def run_folder(subject: PluginUnderTest, plan: Plan) -> RunFolder:
    """A new run's folder with its plan, as a callback finds it."""
    number = next(_NUMBERS)  # folders made within one second sort by chance
    folder = RunFolder.create(subject.folder, plan.job.name, f"{number:04d}")
    folder.plan.write_text(plan.to_yaml())
    return folder


def short_run(subject: PluginUnderTest, plan: Plan, callback: PluginConfig[Any] | None = None) -> ShortRun:
    """Trains the plan on the CPU, `callback` listening."""
    if callback is not None:
        plan = replace(plan, callbacks=(callback,))
    folder = run_folder(subject, plan)
    events: list[Event] = []
    with contextlib.redirect_stdout(io.StringIO()):
        train(plan, folder, DistributedContext.single_process(torch.device("cpu")), events.append)
    return ShortRun(folder, events)
