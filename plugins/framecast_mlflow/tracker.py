"""Turns a run's events into a run of MLflow."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

# it tries again by itself in a thread: MLflow's own attempts would keep one request for four minutes
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")

from mlflow.entities import Metric, Param
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

import framecast
from framecast_mlflow import MlflowSettings

_MOST = 100
"""Settings in one request, as MLflow limits them."""
_MOST_METRICS = 1000
"""Metrics in one request, as MLflow limits them."""
_LONGEST = 500
"""Characters of a setting's value that every store takes."""
_PASSING = {
    "INTERNAL_ERROR",  # also a connection that fails
    "TEMPORARILY_UNAVAILABLE",
    "REQUEST_LIMIT_EXCEEDED",
    "RESOURCE_EXHAUSTED",
    "DEADLINE_EXCEEDED",
    "ABORTED",
    "CANCELLED",
}
"""Codes of errors after which the same request may succeed later."""
_ENDINGS = {"RunFinished": "FINISHED", "RunInterrupted": "KILLED", "RunFailed": "FAILED"}


class MlflowTracker:
    """Training values by step as `train/...`, scores by step under their own names, baselines as `baseline/...`;
    the job's settings as parameters. `mlflow-run.txt` in the run folder holds the id: a resumed run continues in
    it. Steps that it takes again are there twice, since MLflow forgets nothing.

    Raises ConnectionError where the server does not answer; the same events can be handed over again.
    """

    def __init__(self, settings: MlflowSettings, context: framecast.RunContext) -> None:
        database = context.folder / "mlflow.db"
        framecast.files.validate_no_links(database, context.folder)
        self._uri = tracking_uri(settings) or f"sqlite:///{database}"
        self._client = MlflowClient(self._uri)
        self._experiment = settings.experiment
        self._folder = context.folder
        self._job = context.job
        self._id = ""
        self._known = False

    def __call__(self, event: framecast.events.Event, context: framecast.RunContext) -> None:
        self.deliver([event], context)

    def deliver(self, events: Sequence[framecast.events.Event], context: framecast.RunContext) -> None:
        """Takes events in order; the values of neighbours travel in one request."""
        with answering(self._uri):
            values: list[Metric] = []
            for event in events:
                if isinstance(event, framecast.events.RunStarted):
                    self._start()
                if not self._known:
                    continue
                values += _values(event)
                ending = _ENDINGS.get(type(event).__name__)
                if ending or len(values) > _MOST_METRICS // 2:
                    self._send(values)
                    values = []
                if ending:
                    self._client.set_terminated(self._id, ending)
            self._send(values)

    def _start(self) -> None:
        known = self._folder / "mlflow-run.txt"
        if known.exists():
            self._id = framecast.bounded.read_text(known)
            self._client.update_run(self._id, status="RUNNING")
            self._known = True
            return
        if not self._id:  # else the server went away before the settings were there
            experiment = self._client.get_experiment_by_name(self._experiment)
            where = experiment.experiment_id if experiment else self._client.create_experiment(self._experiment)
            self._id = self._client.create_run(where, run_name=self._folder.name).info.run_id
        settings = [
            Param(key, framecast.without_credentials(str(value))[:_LONGEST]) for key, value in _flat(self._job)
        ]
        for first in range(0, len(settings), _MOST):
            self._client.log_batch(self._id, params=settings[first : first + _MOST])
        framecast.files.write_atomically(known, self._id)
        self._known = True

    def _send(self, values: list[Metric]) -> None:
        for first in range(0, len(values), _MOST_METRICS):
            self._client.log_batch(self._id, values[first : first + _MOST_METRICS])


def tracking_uri(settings: MlflowSettings) -> str | None:
    """Where the user wants the run tracked; None in its own folder."""
    return settings.tracking_uri or os.environ.get("MLFLOW_TRACKING_URI") or None


@contextmanager
def answering(uri: str) -> Iterator[None]:
    """Raises ConnectionError instead of MLflow's own error where the store at `uri` may answer later."""
    try:
        yield
    except MlflowException as error:
        if error.error_code not in _PASSING:
            raise
        raise ConnectionError(
            f"MLflow at {framecast.without_credentials(uri)} does not answer: {_innermost(error)}"
        ) from error


def _innermost(error: BaseException) -> str:
    """What the network or the database said: MLflow wraps it in the text of its whole request."""
    while (inner := error.__cause__ or error.__context__) and str(inner):
        error = inner
    return " ".join(str(error).split())[:200]


def _values(event: framecast.events.Event) -> Iterator[Metric]:
    if isinstance(event, framecast.events.StepDone | framecast.events.Evaluated):
        for name, value in framecast.scalars(event).items():
            yield Metric(name, value, round(1000 * event.time), event.step)


def _flat(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """(dotted key, value) of settings and of those in their sections."""
    for key, value in settings.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value
