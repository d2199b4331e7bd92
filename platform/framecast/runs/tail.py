"""The lines of a file that another process is still writing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path


def lines_of(file: Path, ended: Callable[[], bool], start: int = 0, seconds: float = 0.1) -> Iterator[str]:
    """Yields lines from byte `start` on as they are completed, until `ended()` and all is read.

    The file need not be there yet. A last line without an end is yielded too, once nothing follows.
    """
    pause = threading.Event()
    rest = b""
    while True:
        last_round = ended()
        if file.exists():
            with open(file, "rb") as stream:
                stream.seek(start)
                rest += stream.read()
                start = stream.tell()
        *lines, rest = rest.split(b"\n")
        for line in lines:
            yield line.decode(errors="replace")
        if last_round:
            if rest:
                yield rest.decode(errors="replace")
            return
        pause.wait(seconds)
