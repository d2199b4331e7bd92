"""The folder of all runs, and URLs in its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from framecast.runs.roots import is_url, runs_root


def test_what_a_url_is() -> None:
    assert is_url("s3://bucket/runs")
    assert not is_url("runs/here")
    assert not is_url("C:/runs")


def test_the_root_is_what_was_chosen_then_the_environments_then_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRAMECAST_RUNS", "/from/environment")
    assert runs_root(Path("/chosen")) == Path("/chosen")
    assert runs_root() == Path("/from/environment")
    monkeypatch.delenv("FRAMECAST_RUNS")
    assert runs_root() == Path.cwd() / "runs"
