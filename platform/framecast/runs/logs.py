"""Several logs read as one, while they grow."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from framecast.bounded.regular_file import open_regular
from framecast.errors import InputError


def lines_of_all(
    logs: Callable[[], Mapping[str, Path]],
    ended: Callable[[], bool],
    start: Mapping[str, int] | None = None,
    seconds: float = 0.2,
) -> Iterator[tuple[str, str]]:
    """(name, line) of every log that `logs()` names, also of those that appear later, until `ended()`.

    What comes at the same time is in order of names. `start` are bytes of logs that are left out.
    """
    read: dict[str, int] = dict(start or {})
    refused: set[str] = set()
    while True:
        last_round = ended()
        for name, log in sorted(logs().items()):
            try:
                with open_regular(log) as stream:
                    stream.seek(read.get(name, 0))
                    fresh = stream.read()
            except FileNotFoundError:  # handled: removed since it was listed; there is nothing left to show
                continue
            except InputError as error:  # a pipe, a folder: the other logs are shown
                if name not in refused:
                    refused.add(name)
                    yield name, str(error)
                continue
            whole = fresh if last_round else fresh[: fresh.rfind(b"\n") + 1]
            read[name] = read.get(name, 0) + len(whole)
            yield from ((name, line) for line in whole.decode(errors="replace").splitlines())
        if last_round:
            return
        time.sleep(seconds)
