"""`00sequences.txt`: which frames of each file show the action."""

from __future__ import annotations

import re
from itertools import islice

_LINE = re.compile(r"^\s*(person\d\d_[a-z]+_d[1-4])(?:_uncomp\.avi)?\s+frames\b(.*)$", re.IGNORECASE)
_RANGE = re.compile(r"(?<!\d)(\d{1,9})\s*-\s*(\d{1,9})(?!\d)", re.ASCII)
_MOST_RANGES = 1000
"""In a line; the official ones have four."""


def parse_sequences(text: str) -> dict[str, list[tuple[int, int]]]:
    """Frame ranges by file name (`person01_boxing_d1`), from 0, the end not included; in order of time.

    The file counts from 1, both ends included. Its prose header is passed over; a line that says `*missing*` gives
    an empty list; ranges that are empty, backwards or of absurd numbers are left out.
    """
    found: dict[str, list[tuple[int, int]]] = {}
    for line in text.splitlines():
        if entry := _LINE.match(line):
            written = islice(_RANGE.finditer(entry[2]), _MOST_RANGES)
            ranges = [(int(each[1]) - 1, int(each[2])) for each in written]
            found[entry[1].lower()] = sorted((begin, end) for begin, end in ranges if 0 <= begin < end)
    return found
