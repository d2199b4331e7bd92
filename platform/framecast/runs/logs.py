"""Several logs read as one, while they grow."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from framecast.bounded.regular_file import open_regular
from framecast.errors import InputError
from framecast.files import validate_no_links

_AT_ONCE = 16 << 20
"""Bytes of a log that are held at a time."""


def lines_of_all(
    logs: Callable[[], Mapping[str, Path]],
    ended: Callable[[], bool],
    start: Mapping[str, int] | None = None,
    seconds: float = 0.2,
    top: Path | None = None,
) -> Iterator[tuple[str, str]]:
    """(name, line) of every log that `logs()` names, also of those that appear later, until `ended()`.

    What comes at the same time is in order of names. `start` are bytes of logs that are left out. Of a log that is
    reached by a link below `top` only the refusal is shown.
    """
    read: dict[str, int] = dict(start or {})
    refused: set[str] = set()
    while True:
        last_round, more = ended(), False
        for name, log in sorted(logs().items()):
            try:
                if top is not None:
                    validate_no_links(log, top)
                with open_regular(log) as stream:
                    stream.seek(read.get(name, 0))
                    fresh = stream.read(_AT_ONCE)
            except FileNotFoundError:  # handled: removed since it was listed; there is nothing left to show
                continue
            except InputError as error:  # a pipe, a folder, a link: the other logs are shown
                if name not in refused:
                    refused.add(name)
                    yield name, str(error)
                continue
            is_part = len(fresh) == _AT_ONCE
            more = more or is_part
            end = fresh.rfind(b"\n") + 1
            whole = fresh if (last_round and not is_part) or (is_part and not end) else fresh[:end]
            read[name] = read.get(name, 0) + len(whole)
            yield from ((name, line) for line in whole.decode(errors="replace").splitlines())
        if last_round and not more:
            return
        time.sleep(0 if more else seconds)
