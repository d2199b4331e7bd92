"""The webhook keeps the contract of callbacks, whether its server answers or not."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from webhook import Settings, build

import framecast.testing

NOBODY = "http://127.0.0.1:9/"
TestWebhook = framecast.testing.conformance(
    "webhook", settings={"events": ["RunStarted", "Evaluated", "RunFinished"]}
)


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A port that nobody listens at: what the contract is checked with."""
    monkeypatch.setenv("WEBHOOK_URL", NOBODY)


@pytest.fixture
def posted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The texts that a real server was sent."""
    texts: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            texts.append(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["text"])
            self.send_response(204)
            self.end_headers()

    server = HTTPServer(("127.0.0.1", 0), Handler)
    monkeypatch.setenv("WEBHOOK_URL", f"http://127.0.0.1:{server.server_port}/")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield texts
    server.shutdown()
    thread.join()
    server.server_close()


def test_chosen_events_are_posted_in_words(posted: list[str], tmp_path: Path) -> None:
    context = framecast.RunContext(tmp_path / "demo-1")
    hook = build(Settings(events=("Evaluated", "RunFinished")), context)
    hook(framecast.events.Evaluated(8, 1, "model", "validation", {"validation/mse": 0.01234}, {}, 4, 0.1), context)
    hook(framecast.events.Warned(8, "not chosen"), context)
    hook(framecast.events.RunFinished(8, "epochs"), context)
    assert posted == [
        "demo-1: model at step 8: validation/mse 0.01234",
        "demo-1: RunFinished at step 8: epochs",
    ]


def test_a_server_that_is_not_there_is_noted_without_its_address(tmp_path: Path) -> None:
    context = framecast.RunContext(tmp_path)
    build(Settings(), context)(framecast.events.RunFinished(8, "epochs"), context)
    log = (tmp_path / "webhook.log").read_text()
    assert "RunFinished was not posted: " in log
    assert NOBODY not in log


def test_without_a_url_it_says_which_variable_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("WEBHOOK_URL")
    with pytest.raises(framecast.InputError, match="WEBHOOK_URL in the environment should hold a URL"):
        build(Settings(), framecast.RunContext(tmp_path))
