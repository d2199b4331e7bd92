"""Text from users, files and other programs, made safe to show on a terminal."""

from __future__ import annotations

import re

_COLOUR = re.compile(r"(\x1b\[[0-9;]*m)")
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters but tab and newline, marks that reverse the direction of text, and what stands for bytes of
a file's name that are not UTF-8."""


def plain(text: str, colours: bool = False) -> str:
    """The text with control characters spelled out, as in \\x1b: none of it is a command to the terminal.

    With `colours`, sequences that only set colours stay as they are. Tabs and newlines always stay.
    """
    if not _UNSAFE.search(text):
        return text
    if colours:
        parts = _COLOUR.split(text)  # every second part is a sequence
        return "".join(part if index % 2 else plain(part) for index, part in enumerate(parts))
    return _UNSAFE.sub(_spelled, text)


def _spelled(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:  # how Python keeps a byte that is not UTF-8
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
