"""Turns a run's events into a run of MLflow."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mlflow.entities import Metric, Param
from mlflow.tracking import MlflowClient
from ruamel.yaml import YAML

import framecast
from framecast_mlflow import MlflowSettings

_MOST = 100
"""Settings in one request, as MLflow limits them."""
_LONGEST = 500
"""Characters of a setting's value that every store takes."""


class MlflowTracker:
    """Training values by step as `train/...`, scores by step under their own names, baselines as `baseline/...`;
    the job's settings as parameters. `mlflow-run.txt` in the run folder holds the id: a resumed run goes on there.
    Steps that it takes again are there twice, since MLflow forgets nothing.
    """

    def __init__(self, settings: MlflowSettings, run_folder: Path) -> None:
        own = f"sqlite:///{run_folder / 'mlflow.db'}"
        self._client = MlflowClient(settings.tracking_uri or os.environ.get("MLFLOW_TRACKING_URI") or own)
        self._experiment = settings.experiment
        self._folder = run_folder
        self._id = ""

    def __call__(self, event: Any) -> None:
        if isinstance(event, framecast.events.RunStarted):
            self._start()
        if not self._id:
            return
        if isinstance(event, framecast.events.StepDone):
            values = {"loss": event.loss, "learning_rate": event.learning_rate, "seconds": event.seconds}
            if event.gradient_norm is not None:
                values["gradient_norm"] = event.gradient_norm
            self._log(event, "train/", {**values, **event.logs})
        elif isinstance(event, framecast.events.Evaluated):
            self._log(event, "" if event.name == "model" else f"baseline/{event.name}/", event.metrics)
        elif isinstance(event, framecast.events.RunFinished):
            self._client.set_terminated(self._id, "FINISHED")
        elif isinstance(event, framecast.events.RunInterrupted):
            self._client.set_terminated(self._id, "KILLED")
        elif isinstance(event, framecast.events.RunFailed):
            self._client.set_terminated(self._id, "FAILED")

    def _start(self) -> None:
        known = self._folder / "mlflow-run.txt"
        if known.exists():
            self._id = known.read_text()
            self._client.update_run(self._id, status="RUNNING")
            return
        experiment = self._client.get_experiment_by_name(self._experiment)
        where = experiment.experiment_id if experiment else self._client.create_experiment(self._experiment)
        self._id = self._client.create_run(where, run_name=self._folder.name).info.run_id
        known.write_text(self._id)
        job = YAML(typ="safe", pure=True).load(self._folder / "plan.yaml")["job"]
        settings = [Param(key, str(value)[:_LONGEST]) for key, value in _flat(job)]
        for first in range(0, len(settings), _MOST):
            self._client.log_batch(self._id, params=settings[first : first + _MOST])

    def _log(self, event: Any, prefix: str, values: dict[str, float]) -> None:
        now = round(1000 * event.time)
        self._client.log_batch(
            self._id, [Metric(prefix + name, value, now, event.step) for name, value in values.items()]
        )


def _flat(settings: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """(dotted key, value) of settings and of those in their sections."""
    for key, value in settings.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value
