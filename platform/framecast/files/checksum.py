"""Checksums of files."""

from __future__ import annotations

import hashlib
from pathlib import Path

from framecast.errors import InputError
from framecast.files.open_file import open_to_read


def checksum(file: Path, top: Path | None = None) -> str:
    """The SHA-256 of a regular file's content. Raises OSError or InputError where it cannot be read."""
    with open(open_to_read(file, top), "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def has_checksum(file: Path, expected: str, top: Path | None = None) -> bool:
    """Whether a file holds what it should; false for one that is missing, and for a link, a pipe or a device.

    Raises PermissionError where this user may not read it: that is no damage.
    """
    try:
        return checksum(file, top) == expected
    except PermissionError:
        raise
    except (OSError, ValueError, InputError):  # handled: the caller reports the file as damaged, with its name
        return False
