"""When a training looks into its run's folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from framecast.engine.run_folder_watch import POLL_SECONDS, RunFolderWatch
from framecast.errors import InputError
from framecast.runs.run_folder import RunFolder
from framecast.runs.stop_request import STOP_COMMAND
from framecast.runs.stopping import request_stop


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return RunFolder.create(tmp_path, "tiny")


def test_it_looks_at_once_and_then_by_time(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(POLL_SECONDS, "60")
    watch = RunFolderWatch(run, run.take_lease())
    assert watch.stop_request() is None
    request_stop(run, STOP_COMMAND)
    assert watch.stop_request() is None  # it is not yet time
    monkeypatch.setenv(POLL_SECONDS, "0")
    patient = RunFolderWatch(run, run.lease())
    assert patient.stop_request() == patient.stop_request() == STOP_COMMAND


def test_its_own_process_is_asked_each_time(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(POLL_SECONDS, "60")
    requests = iter([None, STOP_COMMAND])
    watch = RunFolderWatch(run, run.take_lease(), lambda: next(requests))
    assert [watch.stop_request(), watch.stop_request()] == [None, STOP_COMMAND]


def test_a_process_that_was_replaced_ends(run: RunFolder) -> None:
    watch = RunFolderWatch(run, run.take_lease())
    run.take_lease()
    with pytest.raises(SystemExit, match="another attempt"):
        watch.stop_request()


@pytest.mark.parametrize("text", ["often", "-1", "61", "nan"])
def test_a_wrong_interval_is_refused(run: RunFolder, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(POLL_SECONDS, text)
    with pytest.raises(InputError, match="expected seconds from 0 to 60"):
        RunFolderWatch(run, "")
