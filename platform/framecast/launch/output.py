"""Standard output as commands use it: safe to look at, and clear about where it cannot be written to."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable
from typing import Any, TextIO, cast

from framecast.plain_text import plain


class OutputFailed(Exception):
    """Our output cannot be written, on a full disk for instance. No OSError, so that no library handles it."""


class ReaderGone(OutputFailed):
    """The program that reads our output, such as `head`, has seen enough, or the terminal was closed."""


class PlainOutput:
    """A text stream which spells out control characters: no name of a file can command the terminal.

    Raises OutputFailed where it cannot be written, and from then on.
    """

    def __init__(self, stream: TextIO) -> None:
        self.undressed = stream
        self._failure: OutputFailed | None = None

    def write(self, text: str) -> int:
        text = plain(text, colours=True)
        if self._failure:
            raise self._failure
        try:
            return self.undressed.write(text)
        except UnicodeEncodeError:
            # handled: a terminal of another encoding; letters that it lacks are spelled out
            encoding = self.undressed.encoding or "ascii"
            return self.undressed.write(text.encode(encoding, "backslashreplace").decode(encoding))
        except OSError as error:
            raise self._failed(error) from None

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        if self._failure:
            raise self._failure
        try:
            self.undressed.flush()
        except OSError as error:
            raise self._failed(error) from None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.undressed, name)

    def _failed(self, error: OSError) -> OutputFailed:
        """The reason. What is left in the stream's buffer goes nowhere, or Python would complain as it ends."""
        _lead_nowhere(self.undressed)
        self._failure = OutputFailed(f"cannot write the output: {error.strerror or error}")
        if error.errno in (errno.EPIPE, errno.EIO):  # EIO where the terminal was closed
            self._failure = ReaderGone("nobody reads the output")
        return self._failure


def undressed(stream: Any) -> Any:
    """The stream itself, for what draws on a terminal or writes a log."""
    return stream.undressed if isinstance(stream, PlainOutput) else stream


def open_standard_streams() -> None:
    """Gives a process that was started with closed streams (`>&-`) empty ones.

    Else the next file that it opens would get the stream's number, and whatever libraries print would go there.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:  # handled: a closed stream gets an empty one
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free, which is this one
        if getattr(sys, name) is None:
            mode = "w" if number else "r"
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", errors="replace", closefd=False))


def use_plain_output() -> None:
    """Puts PlainOutput before standard output and standard error; they are opened where they were closed."""
    open_standard_streams()
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if not isinstance(stream, PlainOutput):
            setattr(sys, name, cast(Any, PlainOutput(stream)))


def put_back_output() -> None:
    """Takes PlainOutput away again. What is left to be written and cannot be is dropped, or Python would
    complain and leave with an exit code of its own."""
    sys.stdout, sys.stderr = undressed(sys.stdout), undressed(sys.stderr)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:  # handled: nobody reads what is left; it is dropped
            _lead_nowhere(stream)


def _lead_nowhere(stream: TextIO) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
