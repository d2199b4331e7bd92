"""Tracking URIs that cannot be right are refused; servers that go away and come back are waited for."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import framecast
from framecast.engine import background_callback as background
from framecast.plugin.events import Warned
from framecast.runs.run_folder import RunFolder
from framecast_mlflow import framecast_callbacks

pytest.importorskip("mlflow")

(CALLBACK,) = framecast_callbacks()
INFO = {"run_id": "r1", "run_uuid": "r1", "experiment_id": "1", "status": "RUNNING", "lifecycle_stage": "active"}
RUN = {"info": INFO, "data": {}}


class Server:
    """Speaks as much of MLflow's protocol as the tracker uses. After `most` batches it refuses `refusals` requests
    by closing the connection, and answers again; `status` is what it answers to questions."""

    def __init__(self, most: int = 10**6, refusals: int = 0, status: int = 200) -> None:
        self.most, self.refusals, self.status = most, refusals, status
        self.batches: list[dict[str, Any]] = []
        self.ended: list[str] = []

    @contextmanager
    def listening(self) -> Iterator[str]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *arguments: object) -> None:
                """Quietly."""

            def do_GET(self) -> None:
                if outer.status != 200:
                    self.send_error(outer.status)
                    return
                experiment = {"experiment_id": "1", "name": "framecast", "lifecycle_stage": "active"}
                self._answer({"experiment": experiment})

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if self.path.endswith("log-batch"):
                    if len(outer.batches) >= outer.most and outer.refusals:
                        outer.refusals -= 1
                        self.connection.shutdown(socket.SHUT_RDWR)
                        return
                    outer.batches.append(body)
                elif self.path.endswith("runs/update") and body.get("status"):
                    outer.ended.append(body["status"])
                self._answer({"run": RUN, "run_info": INFO})

            def _answer(self, body: dict[str, Any]) -> None:
                data = json.dumps(body).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()

    @property
    def losses(self) -> list[int]:
        """The steps whose loss has arrived, in the order of arrival."""
        return [
            int(metric["step"])
            for batch in self.batches
            for metric in batch.get("metrics", [])
            if metric["key"] == "train/loss"
        ]


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("htp://host:5000", "unsupported"),
        ("http://", "names no host"),
        ("http://:5000", "names no host"),
        ("http://no-such-host.invalid:5000", "the host no-such-host.invalid has no address"),
        ("http://user:secret@no-such-host.invalid", "the host no-such-host.invalid has no address"),
        ("http://localhost:port", "Port could not be cast"),
        ("sqlite:////proc/nowhere/mlflow.db", "No such file or directory"),
    ],
)
def test_a_tracking_uri_that_cannot_be_right_is_refused(uri: str, reason: str) -> None:
    with pytest.raises(framecast.InputError) as refused:
        CALLBACK.ready(CALLBACK.settings(tracking_uri=uri))
    assert reason.lower() in str(refused.value).lower()
    assert str(refused.value).startswith("tracking_uri: ")
    assert "secret" not in str(refused.value)


def test_a_server_that_refuses_the_login_is_refused() -> None:
    with Server(status=401).listening() as uri, pytest.raises(framecast.InputError, match="401"):
        CALLBACK.ready(CALLBACK.settings(tracking_uri=uri))


def test_a_server_that_answers_is_ready() -> None:
    with Server().listening() as uri:
        CALLBACK.ready(CALLBACK.settings(tracking_uri=uri))


def test_a_server_that_is_down_may_be_starting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    CALLBACK.ready(CALLBACK.settings(tracking_uri="http://127.0.0.1:9"))


def test_a_run_whose_server_is_away_for_a_while_loses_nothing(
    tiny_job: Callable[..., dict[str, Any]], runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setattr(background, "FIRST_PAUSE", 0.05)
    server = Server(most=5, refusals=3)
    with server.listening() as uri:
        tracker = {"name": "mlflow", "tracking_uri": uri}
        result = framecast.run(tiny_job(callbacks=[tracker]), in_process=True)
    assert server.losses == list(range(1, 13))
    assert server.ended == ["FINISHED"]
    told = [event.message for event in RunFolder(result.folder).journal.read() if isinstance(event, Warned)]
    assert told[0].startswith(f"callback mlflow cannot deliver (MLflow at {uri} does not answer: ")
    assert told[1].startswith("callback mlflow delivers again")
    assert result.state == "finished"


def test_credentials_of_the_tracking_uri_do_not_travel_as_settings(
    tiny_job: Callable[..., dict[str, Any]], runs: Path
) -> None:
    server = Server()
    with server.listening() as uri:
        secret = uri.replace("://", "://user:secret@")
        framecast.run(tiny_job(callbacks=[{"name": "mlflow", "tracking_uri": secret}]), in_process=True)
    params = {each["key"]: each["value"] for batch in server.batches for each in batch.get("params", [])}
    assert "***@127.0.0.1" in params["callbacks"]
    assert "secret" not in str(server.batches)


@pytest.mark.parametrize("name", ["MLFLOW_TRACKING_TOKEN", "MLFLOW_TRACKING_PASSWORD"])
def test_credentials_do_not_go_to_a_server_that_only_the_job_names(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job or the plan of a run may be another user's."""
    monkeypatch.setenv(name, "s3cret")
    settings = CALLBACK.settings(tracking_uri="http://127.0.0.1:9")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with pytest.raises(framecast.InputError, match=f"{name} would be sent to http://127.0.0.1:9"):
        CALLBACK.ready(settings)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://127.0.0.1:9")
    with pytest.raises(framecast.InputError, match="set MLFLOW_TRACKING_URI to it"):
        CALLBACK.ready(settings)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9/")
    CALLBACK.ready(settings)
