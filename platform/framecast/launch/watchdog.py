"""Ends a process that hangs, and leaves word of where it hung."""

from __future__ import annotations

import faulthandler
import time
from pathlib import Path

from framecast.files import open_to_append, remove_file


class Watchdog:
    """Call `pulse` at every sign of life. After `seconds` without one the stacks of all threads are written to
    `file` and the process exits.

    The waiting is done by C code beside Python, so a hang that never gives Python its turn is found as well.
    """

    def __init__(self, file: Path, seconds: int) -> None:
        self._seconds = seconds
        self._file = file
        self._stream = open_to_append(file, file.parents[1])  # which must outlive everything
        self._armed = -float("inf")
        self.pulse()

    def pulse(self) -> None:
        """A sign of life; cheap enough for every step."""
        now = time.monotonic()
        if now - self._armed > self._seconds / 20:
            faulthandler.dump_traceback_later(self._seconds, exit=True, file=self._stream)
            self._armed = now

    def stop(self) -> None:
        """Watches no longer."""
        faulthandler.cancel_dump_traceback_later()
        self._stream.close()
        if not self._file.stat().st_size:
            remove_file(self._file, self._file.parents[1])
