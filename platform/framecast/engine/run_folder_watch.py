"""What other processes ask of a run by files in its folder, which may be on a slow network: it is read by time."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from framecast.errors import InputError
from framecast.runs.run_folder import RunFolder
from framecast.runs.stop_request import StopRequest

POLL_SECONDS = "FRAMECAST_POLL_SECONDS"
"""The environment variable with the seconds between two looks; 0 looks after every step."""
_USUAL_SECONDS = 0.5


class RunFolderWatch:
    """Looks into the folder of a run that this process trains, the first time at once, then twice a second; at
    `own_request`, which is what this process itself has been asked, each time.

    Raises InputError where the environment variable FRAMECAST_POLL_SECONDS is no number of seconds.
    """

    def __init__(
        self, run: RunFolder, lease: str, own_request: Callable[[], StopRequest | None] = lambda: None
    ) -> None:
        self._run, self._lease, self._own_request = run, lease, own_request
        self._seconds = _poll_seconds()
        self._next = 0.0

    def stop_request(self) -> StopRequest | None:
        """A request to stop, where it is time to look and there is one. Ends this process where another one has
        taken the run over."""
        if request := self._own_request():
            return self._run.stop_requested() or request  # an earlier one stays, such as that of `platform stop`
        now = time.monotonic()
        if now < self._next:
            return None
        self._next = now + self._seconds
        if self._run.lease() != self._lease:  # this process was cut off from the network, and was replaced
            raise SystemExit(f"another attempt at {self._run.path} has begun: this one ends")
        return self._run.stop_requested()


def _poll_seconds() -> float:
    text = os.environ.get(POLL_SECONDS, "").strip()
    try:
        seconds = float(text or _USUAL_SECONDS)
    except ValueError:  # handled: refused below
        seconds = -1.0
    if not 0 <= seconds <= 60:
        raise InputError(f"{POLL_SECONDS}={text!r}: expected seconds from 0 to 60, such as 0.5")
    return seconds
