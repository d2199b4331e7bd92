"""Signals to a process that trains: what a handler does, and what it leaves to others."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from framecast.launch.signals import Stopped, StopSignals, exit_code, stopping_on_signals
from framecast.plugin.cause import Cause
from framecast.runs.run_folder import RunFolder
from framecast.runs.stop_request import StopRequest

REASONS = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM", signal.SIGHUP: "SIGHUP"}


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return RunFolder.create(tmp_path, "tiny")


@contextmanager
def in_training() -> Iterator[StopSignals]:
    with stopping_on_signals() as signals:
        signals.begun = True
        yield signals


@pytest.mark.parametrize("number", REASONS)
def test_a_signal_leaves_a_request_to_the_loop_and_opens_no_file(number: signal.Signals) -> None:
    used: list[str] = []
    listening = False
    sys.addaudithook(lambda event, arguments: used.append(event) if listening else None)
    with in_training() as signals:
        listening = True
        signal.raise_signal(number)
        listening = False
    assert signals.request == StopRequest(Cause(number.name.lower()), REASONS[number])
    assert not {each for each in used if each.startswith(("open", "os.", "socket."))}


@pytest.mark.parametrize("number", REASONS)
def test_before_training_has_begun_a_signal_ends_it_at_once(number: signal.Signals) -> None:
    with pytest.raises(Stopped) as stopped, stopping_on_signals():
        signal.raise_signal(number)
    assert stopped.value.request.reason == REASONS[number]


def test_a_second_ctrl_c_ends_it_at_once_and_a_second_sigterm_changes_nothing() -> None:
    with in_training() as signals:
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGHUP)
        assert signals.request == StopRequest(Cause.SIGTERM, "SIGTERM")
        with pytest.raises(Stopped):
            signal.raise_signal(signal.SIGINT)


def test_the_loop_forwards_a_request_once(run: RunFolder) -> None:
    with in_training() as signals:
        signals.forward(run)
        assert run.stop_requested() is None
        signal.raise_signal(signal.SIGTERM)
        signals.forward(run)
        assert run.stop_requested() == StopRequest(Cause.SIGTERM, "SIGTERM")
        run.clear_stop()
        signals.forward(run)
        assert run.stop_requested() is None


def test_where_no_request_can_be_written_the_loop_ends_at_once(run: RunFolder) -> None:
    """The run's folder is missing, which stands for a disk that takes nothing."""
    run.remove()
    with in_training() as signals:
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(Stopped):
            signals.forward(run)


def test_a_signal_that_was_ignored_stays_ignored() -> None:
    """As nohup does with SIGHUP."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stopping_on_signals():
            signal.raise_signal(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_the_handlers_before_are_put_back() -> None:
    before = [signal.getsignal(number) for number in REASONS]
    with stopping_on_signals():
        assert [signal.getsignal(number) for number in REASONS] != before
    assert [signal.getsignal(number) for number in REASONS] == before


@pytest.mark.parametrize(
    ("cause", "code"),
    [(Cause.SIGINT, 130), (Cause.SIGTERM, 143), (Cause.SIGHUP, 129), (Cause.STOP_COMMAND, 130), (None, 130)],
)
def test_exit_codes_are_those_of_a_shell(cause: Cause | None, code: int) -> None:
    assert exit_code(cause) == code
