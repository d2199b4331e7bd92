"""MLflow: a run's settings, losses and scores in a tracking server, or in files beside the run."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

import framecast

if TYPE_CHECKING:
    from framecast_mlflow.tracker import MlflowTracker


class MlflowSettings(framecast.Settings):
    """Where the run is tracked."""

    tracking_uri: str | None = None
    """A tracking server or database, such as http://host:5000; null means $MLFLOW_TRACKING_URI, or else the
    file `mlflow.db` in the run folder."""

    experiment: str = "framecast"
    """The experiment that holds the run; it is made where it is not there yet."""


def _build(settings: MlflowSettings, context: framecast.RunContext) -> MlflowTracker:
    tracker: MlflowTracker = _tracker().MlflowTracker(settings, context)
    return tracker


def _ready(settings: MlflowSettings) -> None:
    """Raises InputError where MLflow is missing, or the tracking URI cannot be right. A server that is only down
    may be up again before the run has ended."""
    _tracker()
    from framecast_mlflow.store import refuse_store

    refuse_store(settings)


def _tracker() -> ModuleType:
    try:
        return import_module("framecast_mlflow.tracker")
    except ImportError as error:
        raise framecast.InputError(
            f"callback mlflow needs MLflow: pip install 'framecast[mlflow]' ({error})"
        ) from None


@framecast.hookimpl
def framecast_callbacks() -> Iterator[framecast.Callback[MlflowSettings]]:
    yield framecast.Callback(
        name="mlflow",
        summary="Tracks settings, losses and scores with MLflow",
        settings=MlflowSettings,
        build=_build,
        background=True,
        ready=_ready,
    )
