"""The signals that stop a run: Ctrl-C, SIGTERM, and SIGHUP where a terminal is closed.

A handler only sets a flag, or raises. To read and write files is for the loop that it interrupts.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

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
    """The request of the signals so far, for the loop that they interrupt. Until that has set `begun` there is
    nothing to keep, and a signal raises Stopped at once; afterwards the first one is the `request` to write a
    checkpoint and stop, and a second Ctrl-C raises."""

    def __init__(self) -> None:
        self.request: StopRequest | None = None
        self.begun = False
        self._forwarded = False

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        request = SIGNALS[signal.Signals(number).name]
        if not self.begun or (self.request and number == signal.SIGINT):
            raise Stopped(request)
        self.request = self.request or request

    def forward(self, folder: JobFolder) -> None:
        """Sends the request on to the processes that train, once; for the loop that waits for them."""
        if not self.request or self._forwarded:
            return
        self._forwarded = True
        try:
            if not folder.stop_requested():  # an earlier request stays, such as that of `platform stop`
                folder.note_stop(self.request)
        except OSError:  # the disk takes no request, and so it takes no checkpoint
            raise Stopped(self.request) from None
        send_stop(folder, self.request)


@contextmanager
def stopping_on_signals() -> Iterator[StopSignals]:
    """While the body runs, the signals stop the run. One that is ignored stays so, such as SIGHUP under nohup.
    Only the main thread hears signals."""
    signals = StopSignals()
    if threading.current_thread() is not threading.main_thread():
        yield signals
        return
    before = {number: signal.getsignal(number) for number in _STOPPING}
    heard = [number for number, now in before.items() if now is not signal.SIG_IGN]
    for number in heard:
        signal.signal(number, signals.on_signal)
    try:
        yield signals
    finally:
        for number in heard:
            signal.signal(number, before[number] or signal.SIG_DFL)
