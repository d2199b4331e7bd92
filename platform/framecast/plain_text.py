"""Text from users, files and other programs, made safe to show on a terminal."""

from __future__ import annotations

import re

_ONE = r"(?:0|1|3|4|22|23|24|39|3[0-7]|9[0-7]|38;5;[0-9]{1,3}|38;2;[0-9]{1,3};[0-9]{1,3};[0-9]{1,3})"
_COLOUR = re.compile(rf"(\x1b\[(?:{_ONE}(?:;{_ONE}){{0,9}})?m)")
"""Sequences that colour letters or make them bold: none that hides them, or colours what is behind them."""
_RESET = ("\x1b[m", "\x1b[0m")
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufff9-\ufffb\U000e0000-\U000e007f"
    "\ud800-\udfff]"
)
"""Control characters but tab and newline, marks that change the direction of text or cannot be seen, and what
stands for bytes of a file's name that are not UTF-8."""


def plain(text: str, colours: bool = False) -> str:
    """The text with control characters spelled out, as in \\x1b: none of it is a command to the terminal.

    With `colours`, sequences that only colour letters stay as they are, and end with the text. Tabs and newlines
    always stay.
    """
    if not _UNSAFE.search(text):
        return text
    if colours:
        parts = _COLOUR.split(text)  # every second part is a sequence
        end = _RESET[1] if len(parts) > 1 and parts[-2] not in _RESET else ""
        return "".join(part if index % 2 else plain(part) for index, part in enumerate(parts)) + end
    return _UNSAFE.sub(_spelled, text)


def one_line(text: str) -> str:
    """The same without newlines and tabs, which are spelled out too: a name cannot add a line to a listing."""
    return plain(text).replace("\n", "\\n").replace("\t", "\\t")


def _spelled(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:  # how Python keeps a byte that is not UTF-8
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
