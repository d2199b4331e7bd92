"""Text files that list something, a line each, as editors of any system write them."""

from __future__ import annotations

import codecs
from collections.abc import Container
from pathlib import Path
from typing import NamedTuple

from framecast.bounded.regular_file import read_bytes
from framecast.errors import InputError

_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


class ListedLine(NamedTuple):
    """A line's number, from 1, and its text without the spaces around it."""

    number: int
    text: str


def decode_text(content: bytes) -> str:
    """UTF-8, or UTF-16 where a byte order mark says so; without the mark. Raises UnicodeDecodeError."""
    encoding = next((encoding for mark, encoding in _MARKS.items() if content.startswith(mark)), "utf-8")
    text = content.decode(encoding)
    if encoding == "utf-16" and text and not any(letter.isascii() for letter in text):
        # any bytes decode as UTF-16; a text has at least one space, digit or line end
        raise UnicodeDecodeError(encoding, content, 0, len(content), "not a text")
    return text


def read_text_list(file: Path, key: str, names: Container[str] = ()) -> list[ListedLine]:
    """The lines of a list. Empty ones are left out, and those that begin with # unless they are one of `names`.

    Raises InputError, which begins with `key`, where the file cannot be read or is no text.
    """
    try:
        text = decode_text(read_bytes(file))
    except OSError as error:
        raise InputError(f"{key}: {file}: {error.strerror}") from None
    except InputError as error:
        raise InputError(f"{key}: {error}") from None
    except UnicodeDecodeError as error:
        raise InputError(
            f"{key}: {file}: not a text file in UTF-8 (byte {error.start}): save it as UTF-8"
        ) from None
    # not splitlines, which also splits at characters that may be part of a name
    lines = (line.strip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    return [
        ListedLine(number, line)
        for number, line in enumerate(lines, start=1)
        if line and (not line.startswith("#") or line in names)
    ]
