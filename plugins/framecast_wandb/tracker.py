"""Turns a run's events into a run of Weights & Biases."""

from __future__ import annotations

import weakref
from pathlib import Path
from typing import Any

import wandb
from ruamel.yaml import YAML

import framecast
from framecast_wandb import WandbSettings


class WandbTracker:
    """Training values by step as `train/...`, scores by step under their own names, baselines as `baseline/...`;
    the job's settings as its config. The run has the id of the run folder: a resumed run goes on in the same one.
    """

    def __init__(self, settings: WandbSettings, run_folder: Path) -> None:
        self._settings = settings
        self._folder = run_folder
        self._run: Any = None

    def __call__(self, event: Any) -> None:
        if isinstance(event, framecast.events.RunStarted):
            self._start()
        if self._run is None:
            return
        if isinstance(event, framecast.events.StepDone):
            values = {"loss": event.loss, "learning_rate": event.learning_rate, "seconds": event.seconds}
            if event.gradient_norm is not None:
                values["gradient_norm"] = event.gradient_norm
            self._log(event.step, "train/", {**values, **event.logs})
        elif isinstance(event, framecast.events.Evaluated):
            self._log(event.step, "" if event.name == "model" else f"baseline/{event.name}/", event.metrics)
        elif isinstance(event, framecast.events.RunFinished | framecast.events.RunInterrupted):
            self._end(0)
        elif isinstance(event, framecast.events.RunFailed):
            self._end(1)

    def _start(self) -> None:
        self._run = wandb.init(
            project=self._settings.project,
            entity=self._settings.entity,
            mode=self._settings.mode,
            dir=str(self._folder),
            id=self._folder.name,
            resume="allow",
            reinit="create_new",  # trials of a search train one after the other in one process
            config=YAML(typ="safe", pure=True).load(self._folder / "plan.yaml")["job"],
            settings=wandb.Settings(silent=True, console="off"),
        )
        # steps of its own never go back, those of a resumed run do
        self._run.define_metric("*", step_metric="step")
        # an attempt that ended without a word would keep the id from the next one in this process
        self._left = weakref.finalize(self, self._run.finish, exit_code=1)

    def _end(self, code: int) -> None:
        self._left.detach()
        self._run.finish(exit_code=code)

    def _log(self, step: int, prefix: str, values: dict[str, float]) -> None:
        self._run.log({"step": step, **{prefix + name: value for name, value in values.items()}})
