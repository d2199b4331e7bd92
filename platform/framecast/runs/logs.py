"""Several logs read as one, while they grow."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path


def lines_of_all(folder: Path, pattern: str, ended: Callable[[], bool]) -> Iterator[tuple[str, str]]:
    """(log, line) of every log in `folder` that matches, also of logs that appear later, until `ended()`."""
    read: dict[Path, int] = {}
    while True:
        last_round = ended()
        for log in sorted(folder.glob(pattern)):
            with open(log, "rb") as stream:
                stream.seek(read.get(log, 0))
                fresh = stream.read()
            whole = fresh if last_round else fresh[: fresh.rfind(b"\n") + 1]
            read[log] = read.get(log, 0) + len(whole)
            yield from ((log.stem, line) for line in whole.decode(errors="replace").splitlines())
        if last_round:
            return
        time.sleep(0.2)
