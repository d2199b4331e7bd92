"""What a long run's events.jsonl says in outline: all events but the steps, of which the last ones are enough.

A run of 400,000 steps has 130 MB of events, and nearly all of them are steps: they are passed over as bytes.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from framecast.bounded.limit import LINE_BYTES
from framecast.bounded.regular_file import open_regular
from framecast.errors import InputError
from framecast.plugin.event_lines import parse_event
from framecast.plugin.events import Event, RunStarted, StepDone

_OTHER_LINE = re.compile(rb'\n(?!\{"event": "StepDone", |\Z)')
_MOST_OTHERS = 2_000_000
"""Lines of other events; a file with more of them is none of ours."""
_MOST_LOST = 100_000
"""Lines that are looked through for the step that a resumed attempt began with."""


def outline(file: Path) -> tuple[list[Event], list[Event | None]]:
    """The events in a file that is not empty, in order, and of each line that was read its event or None.

    Of the steps that follow each other only the last is among the events; and where an attempt was set back, the
    last step that it kept. Raises InputError where it is no file of events.
    """
    events: list[Event] = []
    lines_read: list[Event | None] = []
    with open_regular(file) as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as lines:
        starts = [0, *(match.start() + 1 for match in islice(_OTHER_LINE.finditer(lines), _MOST_OTHERS))]
        if len(starts) > _MOST_OTHERS:
            raise InputError(f"{file} has more than {_MOST_OTHERS:,} lines that are no steps: it is damaged")
        stretches: list[tuple[int, int]] = []
        for start, following in zip(starts, [*starts[1:], len(lines)], strict=True):
            end = lines.find(b"\n", start, following)
            end = following if end < 0 else end + 1
            event = _event(lines, start, end)
            lines_read.append(event)
            if isinstance(event, RunStarted) and (kept := _last_kept(lines, stretches, event.step)):
                events.append(kept)
            if event is not None:
                events.append(event)
            if end < following:
                stretches.append((end, following))
                last = list(islice(_steps_backwards(lines, end, following), 1))
                events += last
                lines_read += last
    return events, lines_read


def _last_kept(lines: mmap.mmap, stretches: list[tuple[int, int]], step: int) -> StepDone | None:
    """The last step up to `step`, of those in stretches of nothing but steps; None where one ends with it."""
    left = _MOST_LOST
    for start, end in reversed(stretches):
        for number, found in enumerate(_steps_backwards(lines, start, end)):
            left -= 1
            if found.step <= step:
                return found if number else None
            if not left:
                return None
    return None


def _event(lines: mmap.mmap, start: int, end: int) -> Event | None:
    if end - start > LINE_BYTES.value:
        return None
    return parse_event(lines[start:end].decode(errors="replace"))


def _steps_backwards(lines: mmap.mmap, start: int, end: int) -> Iterator[StepDone]:
    while end > start:
        begin = max(start, lines.rfind(b"\n", start, end - 1) + 1)
        event = _event(lines, begin, end)
        if isinstance(event, StepDone):
            yield event
        end = begin
