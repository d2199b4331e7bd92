"""The lines of a file that another process is still writing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from framecast.bounded.limit import LINE_BYTES
from framecast.bounded.regular_file import open_regular

_PIECE = 1 << 20


def lines_of(file: Path, ended: Callable[[], bool], start: int = 0, seconds: float = 0.1) -> Iterator[str]:
    """Yields lines from byte `start` on as they are completed, until `ended()` and all is read.

    The file need not be there yet. A last line without an end is yielded too, once nothing follows; one beyond the
    limit of a line comes in parts.
    """
    pause = threading.Event()
    rest = b""
    while True:
        last_round = ended()
        if file.exists():
            with open_regular(file) as stream:
                stream.seek(start)
                while piece := stream.read(_PIECE):
                    start += len(piece)
                    *lines, rest = (rest + piece).split(b"\n")
                    yield from (line.decode(errors="replace") for line in lines)
                    if len(rest) > LINE_BYTES.value:
                        yield rest.decode(errors="replace")
                        rest = b""
        if last_round:
            if rest:
                yield rest.decode(errors="replace")
            return
        pause.wait(seconds)
