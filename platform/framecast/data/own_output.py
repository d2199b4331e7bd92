"""Pictures and films that framecast has written: a data set leaves them out where they lie among its files."""

from __future__ import annotations

from pathlib import Path

from framecast.bounded.regular_file import open_regular

OWN_OUTPUT = "made by framecast"
"""A comment within PNG, GIF and MP4 files."""
CONTACT_SHEET = "-contact-sheet.png"
"""How the names of contact sheets end, where users give no other name."""
_HEAD, _TAIL = 4096, 65536
"""Bytes that hold the comment: PNG and GIF have it at their beginning, MP4 at its end."""


def is_own_output(file: Path) -> bool:
    """Whether framecast has written a picture or a film. Raises OSError, or InputError for no regular file."""
    with open_regular(file) as stream:
        begin = stream.read(_HEAD)
        stream.seek(max(0, file.stat().st_size - _TAIL))
        return OWN_OUTPUT.encode() in begin or OWN_OUTPUT.encode() in stream.read(_TAIL)
