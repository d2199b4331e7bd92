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

from framecast.plugin.cause import Cause
from framecast.runs.job_folder import JobFolder
from framecast.runs.stop_request import StopRequest
from framecast.runs.stopping import send_stop

SIGNALS = {
    "SIGINT": StopRequest(Cause.SIGINT, "Ctrl-C"),
    "SIGTERM": StopRequest(Cause.SIGTERM, "SIGTERM"),
    "SIGHUP": StopRequest(Cause.SIGHUP, "SIGHUP"),
}
"""What these signals ask of a run."""

_STOPPING = [getattr(signal, name) for name in SIGNALS if hasattr(signal, name)]
_OTHER_EXIT_CODE = 130


class Stopped(KeyboardInterrupt):
    """The run is to end now: nothing has been trained that a checkpoint could keep, or it was asked for twice."""

    def __init__(self, request: StopRequest) -> None:
        super().__init__(request.reason)
        self.request = request


def exit_code(cause: Cause | None) -> int:
    """The exit code of a run that was interrupted, as a shell counts: 128 and the signal's number."""
    name = next((name for name, request in SIGNALS.items() if request.cause == cause), "")
    return 128 + int(getattr(signal, name)) if name else _OTHER_EXIT_CODE


class StopSignals:
    """What the signals so far have asked for. Before training has `begun` there is nothing to keep, and a signal
    raises Stopped at once; afterwards the first one asks for a checkpoint, and a second Ctrl-C raises."""

    def __init__(self, folder: JobFolder, begun: Callable[[], bool]) -> None:
        self._folder = folder
        self._begun = begun
        self._request: StopRequest | None = None
        self._sent = False

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        request = SIGNALS[signal.Signals(number).name]
        again = self._request is not None or self._folder.stop_requested() is not None
        if again and number != signal.SIGINT:
            return  # the first one has been noted
        if again or not self._begun():
            raise Stopped(request)
        self._request = request
        try:
            self._folder.note_stop(request)
        except OSError:  # the disk takes no request, and so it takes no checkpoint
            raise Stopped(request) from None

    def forward(self) -> None:
        """Sends the request on to workers on other hosts, once; for the loop that waits for them."""
        if self._request and not self._sent:
            self._sent = True
            send_stop(self._folder, self._request)


@contextmanager
def stopping_on_signals(folder: JobFolder, begun: Callable[[], bool]) -> Iterator[StopSignals]:
    """While the body runs, the signals stop the run. One that is ignored stays so, such as SIGHUP under nohup."""
    signals = StopSignals(folder, begun)
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
