"""Streams that a training does not depend on: where they cannot be written to, it continues without them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import IO, Any


class Tolerant:
    """A text stream whose reader may go away, or whose disk may fill up, at any time: what cannot be written is
    dropped. All else is that of the stream itself."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError, ValueError):
            # handled: training does not depend on who watches it; what cannot be shown is dropped
            self._stream.write(text)
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        with contextlib.suppress(OSError, ValueError):  # handled: as for writing
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class Terminal(Tolerant):
    """What the user sees of a run. While it is held, what is written is dropped: a debugger has the terminal."""

    _holders = 0

    def write(self, text: str) -> int:
        return len(text) if self._holders else super().write(text)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        if self._stream.isatty():
            super().write("\r\x1b[2K\x1b[?25h")  # the live line is wiped off, and the cursor is shown
            self.flush()
        self._holders += 1
        try:
            yield
        finally:
            self._holders -= 1
