"""Temporary files: each has a random name and is created, never opened; what is there already stays as it is."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

UNFINISHED = ".writing"
"""How the name of what is being written ends; it begins with a dot, and a random part is in between."""

_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def create(name: str, folder: int) -> int:
    """A descriptor of a new file in an open folder. Raises FileExistsError where something is there."""
    return os.open(name, _NEW, 0o666, dir_fd=folder)


def temporary_name(file: Path) -> str:
    """The name under which a file is written before it gets its own."""
    return f".{file.stem[:40]}.{secrets.token_hex(8)}{UNFINISHED}"


@contextlib.contextmanager
def replacement(file: Path, folder: int) -> Iterator[str]:
    """A name in an open folder. What the body creates there replaces `file` when it ends; nothing is left of it
    where the body raises."""
    temporary = temporary_name(file)
    try:
        yield temporary
        os.replace(temporary, file.name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with contextlib.suppress(OSError):  # handled: the error itself is raised
            os.unlink(temporary, dir_fd=folder)
        raise


@contextlib.contextmanager
def name_in_errors(file: Path) -> Iterator[None]:
    """Errors name the file that the user knows, not the temporary one."""
    try:
        yield
    except OSError as error:
        named = str(error.filename or file.name)
        temporary = named == file.name or UNFINISHED in named or named.startswith("/proc/self/fd/")
        if error.errno is None or not temporary:  # without a number: a library's own words
            raise
        raise OSError(error.errno, error.strerror or os.strerror(error.errno), str(file)) from error
