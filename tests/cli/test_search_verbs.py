"""A search answers to the verbs of a run, without a terminal: finished, interrupted, or with a process at work."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from framecast.plugin.cause import Cause
from framecast.plugin.events import RunInterrupted, SearchFinished, SearchStarted
from framecast.runs.driver import Driver
from framecast.search.search_folder import SearchFolder
from framecast.search.search_status import SearchStatus
from tests.made_searches import made_search

RANK = {"model.rank": {"int": [1, 64]}}
TRIALS = [("finished", {"model.rank": 8}, [0.5, 0.2]), ("finished", {"model.rank": 2}, [0.6, 0.4])]
ENDINGS = {
    "finished": SearchFinished(2, "all 2 trials", Cause.ALL_TRIALS),
    "interrupted": RunInterrupted(2, "SIGTERM", Cause.SIGTERM),
}


@pytest.fixture
def search(tmp_path: Path, tiny_job: Callable[..., dict[str, Any]]) -> SearchFolder:
    folder = made_search(tmp_path, tiny_job(), TRIALS, parameters=RANK, trials=2)
    folder.journal.append(SearchStarted(2))
    folder.driver_log.write_text("the driver prints\n")
    (folder.trial_runs()[0].logs / "trial.log").write_text("trial 1 prints\n")
    return folder


@pytest.fixture(params=ENDINGS)
def ended(request: pytest.FixtureRequest, search: SearchFolder) -> SearchFolder:
    search.journal.append(ENDINGS[request.param])
    return search


@pytest.fixture
def running(search: SearchFolder) -> Iterator[SearchFolder]:
    """Another process, of the same command's name, drives it."""
    driver = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    Driver.of_process(driver.pid).note(search)
    yield search
    driver.communicate()


def test_a_search_has_the_folders_of_a_search(search: SearchFolder) -> None:
    assert not (search.path / "checkpoints").exists()
    assert not hasattr(search, "checkpoints")


def test_status_says_how_an_ended_search_stands(platform: Any, ended: SearchFolder) -> None:
    state = SearchStatus.of(ended).state
    answer = platform("status", ended.id, "--runs", ended.root)
    assert answer.code == 0, answer.err
    assert answer.out.startswith(f"looked_for {ended.id}: {state} (")


def test_logs_are_those_of_the_search_and_of_its_trials(platform: Any, ended: SearchFolder) -> None:
    answer = platform("logs", ended.id, "--runs", ended.root)
    assert answer.code == 0, answer.err
    assert answer.out.splitlines() == ["0001/trial | trial 1 prints", "driver | the driver prints"]


def test_logs_of_a_worker_need_a_trial(platform: Any, ended: SearchFolder) -> None:
    answer = platform("logs", ended.id, "--rank", "0", "--runs", ended.root)
    assert answer.code == 2
    assert f"name a trial with its worker, such as '{ended.id}#1'" in answer.err


def test_there_is_nothing_to_stop_in_an_ended_search(platform: Any, ended: SearchFolder) -> None:
    answer = platform("stop", ended.id, "--runs", ended.root)
    assert answer.code == 2
    assert f"search {ended.id} is {SearchStatus.of(ended).state}: nothing to stop" in answer.err
    assert ended.stop_requested() is None


def test_the_report_is_written_again(platform: Any, ended: SearchFolder) -> None:
    answer = platform("report", ended.id, "--runs", ended.root)
    assert answer.code == 0, answer.err
    assert "<html" in ended.report.read_text()


def test_a_finished_search_is_extended_not_resumed(platform: Any, search: SearchFolder) -> None:
    search.journal.append(ENDINGS["finished"])
    answer = platform("resume", search.id, "--runs", search.root)
    assert answer.code == 2
    assert f"extend {search.id} --trials 10" in answer.err


def test_a_running_search_is_shown_and_not_resumed(platform: Any, running: SearchFolder) -> None:
    assert ": running" in platform("status", running.id, "--runs", running.root).out
    answer = platform("resume", running.id, "--runs", running.root)
    assert answer.code == 2
    assert f"search {running.id} is running: nothing to resume" in answer.err


def test_stop_asks_a_running_search_and_waits_for_its_end(platform: Any, running: SearchFolder) -> None:
    heard = []

    def search_process() -> None:
        """What the search's own process does when it sees the request."""
        until = time.monotonic() + 60
        while (request := running.stop_requested()) is None and time.monotonic() < until:
            time.sleep(0.05)
        heard.append(request)
        running.journal.append(RunInterrupted(2, "platform stop", Cause.STOP_COMMAND))

    process = threading.Thread(target=search_process)
    process.start()
    answer = platform("stop", running.id, "--runs", running.root)
    process.join()
    assert answer.code == 0, answer.err
    assert heard[0].cause == Cause.STOP_COMMAND
    assert f"search {running.id} is interrupted after 2 of 2 trials; continue with:" in answer.out
    assert running.stop_requested() is None
