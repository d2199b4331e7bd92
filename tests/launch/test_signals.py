"""Signals to a process that trains: what a handler does, and what it leaves to others."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from framecast.launch.signals import Stopped, exit_code, stopping_on_signals
from framecast.plugin.cause import Cause
from framecast.runs.mirror import Mirror, working_copy
from framecast.runs.run_folder import RunFolder
from framecast.runs.stop_request import StopRequest

REASONS = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM", signal.SIGHUP: "SIGHUP"}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    monkeypatch.setenv("FRAMECAST_CACHE", str(tmp_path))
    return RunFolder(working_copy("http://127.0.0.1:9/runs") / "tiny" / "1")


@pytest.fixture
def url_of_nothing(run: RunFolder) -> None:
    """The run lives at a URL where nobody answers: whatever used the network now would fail."""
    run.path.mkdir(parents=True)
    assert Mirror.of(run.path) is not None


@pytest.mark.usefixtures("url_of_nothing")
@pytest.mark.parametrize("number", REASONS)
def test_a_signal_leaves_a_local_request_and_no_more(run: RunFolder, number: signal.Signals) -> None:
    with stopping_on_signals(run, begun=lambda: True):
        signal.raise_signal(number)
        assert run.stop_requested() == StopRequest(Cause(number.name.lower()), REASONS[number])


@pytest.mark.parametrize("number", REASONS)
def test_before_training_has_begun_a_signal_ends_it_at_once(run: RunFolder, number: signal.Signals) -> None:
    with pytest.raises(Stopped) as stopped, stopping_on_signals(run, begun=lambda: False):
        signal.raise_signal(number)
    assert stopped.value.request.reason == REASONS[number]


def test_a_second_ctrl_c_ends_it_at_once_and_a_second_sigterm_changes_nothing(run: RunFolder) -> None:
    run.path.mkdir(parents=True)
    with stopping_on_signals(run, begun=lambda: True):
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGHUP)
        assert run.stop_requested() == StopRequest(Cause.SIGTERM, "SIGTERM")
        with pytest.raises(Stopped):
            signal.raise_signal(signal.SIGINT)


def test_where_no_request_can_be_written_the_signal_ends_it_at_once(run: RunFolder) -> None:
    """The run's folder is missing, which stands for a disk that takes nothing."""
    with pytest.raises(Stopped), stopping_on_signals(run, begun=lambda: True):
        signal.raise_signal(signal.SIGINT)


def test_a_signal_that_was_ignored_stays_ignored(run: RunFolder) -> None:
    """As nohup does with SIGHUP."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stopping_on_signals(run, begun=lambda: False):
            signal.raise_signal(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_the_handlers_before_are_put_back(run: RunFolder) -> None:
    before = [signal.getsignal(number) for number in REASONS]
    with stopping_on_signals(run, begun=lambda: True):
        assert [signal.getsignal(number) for number in REASONS] != before
    assert [signal.getsignal(number) for number in REASONS] == before


@pytest.mark.parametrize(
    ("cause", "code"),
    [(Cause.SIGINT, 130), (Cause.SIGTERM, 143), (Cause.SIGHUP, 129), (Cause.STOP_COMMAND, 130), (None, 130)],
)
def test_exit_codes_are_those_of_a_shell(cause: Cause | None, code: int) -> None:
    assert exit_code(cause) == code
