"""What MLflow holds of a run, read back with MLflow's own client from a real store."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import framecast
from framecast.plugin import events
from framecast_mlflow import framecast_callbacks
from tests.made_events import evaluated, started, step_done

pytest.importorskip("mlflow")
from mlflow.tracking import MlflowClient

(CALLBACK,) = framecast_callbacks()
JOB = {"name": "tiny", "model": {"name": "conv_lstm", "hidden_channels": [2, 2]}, "training": {"epochs": 3}}
FINISHED = events.RunFinished(2, "epochs")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """One database for all: MLflow takes a while to make its tables."""
    return f"sqlite:///{tmp_path_factory.mktemp('mlflow') / 'store.db'}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def attempt(store: str, folder: Path, *happened: events.Event) -> None:
    context = framecast.RunContext(folder, JOB)
    listener = CALLBACK.build(CALLBACK.settings(tracking_uri=store, experiment=folder.name), context)
    for event in happened:
        listener(event, context)
    assert context.requests.stop is None


def tracked(store: str, experiment: str) -> tuple[MlflowClient, Any]:
    """MLflow's client, and the one run in that experiment."""
    client = MlflowClient(store)
    (run,) = client.search_runs([client.get_experiment_by_name(experiment).experiment_id])
    return client, run


def curve(store: str, experiment: str, name: str) -> list[tuple[int, float]]:
    client, run = tracked(store, experiment)
    return [(point.step, point.value) for point in client.get_metric_history(run.info.run_id, name)]


def test_losses_scores_and_settings_are_tracked(store: str, folder: Path) -> None:
    scores = (evaluated(2, "black", mse=0.04), evaluated(2, mse=0.02))
    attempt(store, folder, started(), step_done(1, 0.5), step_done(2, 0.25), *scores, FINISHED)
    assert curve(store, folder.name, "train/loss") == [(1, 0.5), (2, 0.25)]
    assert curve(store, folder.name, "train/truth_ratio") == [(1, 0.75), (2, 0.75)]
    assert curve(store, folder.name, "validation/mse") == [(2, 0.02)]
    assert curve(store, folder.name, "baseline/black/validation/mse") == [(2, 0.04)]
    _, run = tracked(store, folder.name)
    assert run.data.params["model.hidden_channels"] == "[2, 2]"
    assert run.info.run_name == folder.name


@pytest.mark.parametrize(
    ("ending", "status"),
    [
        (FINISHED, "FINISHED"),
        (events.RunInterrupted(1, "signal"), "KILLED"),
        (events.RunFailed(1, "out of memory"), "FAILED"),
    ],
)
def test_how_the_run_ended_is_reported(ending: events.Event, status: str, store: str, folder: Path) -> None:
    attempt(store, folder, started(), step_done(1), ending)
    assert tracked(store, folder.name)[1].info.status == status


def test_a_resumed_run_goes_on_in_the_same_run(store: str, folder: Path) -> None:
    attempt(store, folder, started(), step_done(1, 0.5), events.RunInterrupted(1, "signal"))
    attempt(store, folder, started(step=1, attempt=2), step_done(2, 0.25))
    assert curve(store, folder.name, "train/loss") == [(1, 0.5), (2, 0.25)]
    assert tracked(store, folder.name)[1].info.status == "RUNNING"


def test_without_mlflow_the_remedy_is_reported(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "framecast_mlflow.tracker", raising=False)
    monkeypatch.setitem(sys.modules, "mlflow.tracking", None)  # as Python marks what cannot be imported
    settings, context = CALLBACK.settings(), framecast.RunContext(folder)
    for ask in (lambda: CALLBACK.build(settings, context), lambda: CALLBACK.ready(settings)):
        with pytest.raises(framecast.InputError, match=r"pip install 'framecast\[mlflow\]'"):
            ask()


def test_a_real_run_is_tracked_in_its_own_folder(
    tiny_job: Callable[..., dict[str, Any]], runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    result = framecast.run(tiny_job(callbacks=["mlflow"], training={"epochs": 1}), in_process=True)
    _, run = tracked(f"sqlite:///{result.folder / 'mlflow.db'}", "framecast")
    assert run.info.status == "FINISHED"
    assert {"train/loss", "validation/mse", "validation/ssim"} <= set(run.data.metrics)
    assert run.data.params["model.rank"] == "2"
