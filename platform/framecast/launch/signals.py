"""The signals that stop a run: Ctrl-C, SIGTERM, and SIGHUP where a terminal is closed.

A handler only sets a flag and writes one local file, or raises. What takes longer is for the loop it interrupts.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from framecast.runs.folder import RunFolder

REASONS = {"SIGINT": "Ctrl-C", "SIGTERM": "SIGTERM", "SIGHUP": "SIGHUP"}
"""What a run says that was stopped by these signals."""

_STOPPING = [getattr(signal, name) for name in REASONS if hasattr(signal, name)]


class Stopped(KeyboardInterrupt):
    """The run is to end now: nothing has been trained that a checkpoint could keep, or it was asked for twice."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def exit_code(reason: str) -> int:
    """The exit code of a run that was stopped, as a shell counts: 128 and the signal's number."""
    for name, words in REASONS.items():
        if reason.startswith(words):
            return 128 + getattr(signal, name)
    return 130


class StopSignals:
    """What the signals so far have asked for. Before training has `begun` there is nothing to keep, and a signal
    raises Stopped at once; afterwards the first one asks for a checkpoint, and a second Ctrl-C raises."""

    def __init__(self, run: RunFolder, begun: Callable[[], bool]) -> None:
        self._run = run
        self._begun = begun
        self._reason: str | None = None
        self._sent = False

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        reason = REASONS[signal.Signals(number).name]
        again = self._reason is not None or self._run.stop_requested() is not None
        if again and number != signal.SIGINT:
            return  # it was heard the first time
        if again or not self._begun():
            raise Stopped(reason)
        self._reason = reason
        try:
            self._run.note_stop(reason)
        except OSError:  # the disk takes no request, and so it takes no checkpoint
            raise Stopped(reason) from None

    def forward(self) -> None:
        """Sends the request on to workers elsewhere, once; for the loop that waits for them."""
        if self._reason and not self._sent:
            self._sent = True
            self._run.send_stop(self._reason)


@contextmanager
def stopping_on_signals(run: RunFolder, begun: Callable[[], bool]) -> Iterator[StopSignals]:
    """While the body runs, the signals stop the run. One that is ignored stays so, such as SIGHUP under nohup."""
    signals = StopSignals(run, begun)
    with handled_by(signals.on_signal):
        yield signals


@contextmanager
def handled_by(handler: Callable[[int, FrameType | None], Any]) -> Iterator[None]:
    """While the body runs, the signals that stop a run go to `handler`. Only the main thread hears signals."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _STOPPING}
    heard = [number for number, now in before.items() if now is not signal.SIG_IGN]
    for number in heard:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number in heard:
            signal.signal(number, before[number] or signal.SIG_DFL)
