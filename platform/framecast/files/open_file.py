"""Regular files, opened where they are without following links."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import stat
from pathlib import Path
from typing import IO

from framecast.errors import InputError
from framecast.files.folder import link_refused, open_folder
from framecast.files.temporary_file import create, name_in_errors, replacement


def open_to_read(file: Path, top: Path | None = None) -> int:
    """A descriptor of a regular file to read: also there, nothing below `top` leads out of it."""
    with name_in_errors(file), open_folder(file.parent, top) as folder:
        return _open_regular(file, folder, os.O_RDONLY | os.O_NONBLOCK)


def open_to_append(file: Path, top: Path | None = None) -> IO[bytes]:
    """Opens a file to read it and to write at its end; makes it where there is none.

    A file that has other names (hard links) is replaced by a copy first: they keep their content.
    """
    with name_in_errors(file), open_folder(file.parent, top) as folder:
        descriptor = _open_own(file, folder, os.O_RDWR | os.O_APPEND | os.O_CREAT)
    return open(descriptor, "ab+")


def truncate_file(file: Path, length: int, top: Path | None = None) -> None:
    """Cuts a file to its first `length` bytes; a file that has other names is replaced by a copy first."""
    with name_in_errors(file), open_folder(file.parent, top) as folder:
        descriptor = _open_own(file, folder, os.O_RDWR)
        try:
            os.ftruncate(descriptor, length)
        finally:
            os.close(descriptor)


def open_lock(file: Path, top: Path | None = None) -> IO[bytes]:
    """Opens a file to lock it; makes it where there is none, and changes nothing in it."""
    with name_in_errors(file), open_folder(file.parent, top) as folder:
        descriptor = _open_regular(file, folder, os.O_RDWR | os.O_CREAT)
    return open(descriptor, "rb", buffering=0)


def create_file(file: Path, top: Path | None = None) -> IO[bytes]:
    """Opens a file that was not there before. Raises FileExistsError where it was."""
    with name_in_errors(file), open_folder(file.parent, top) as folder:
        descriptor = create(file.name, folder)
    return open(descriptor, "w+b", buffering=0)


def _open_own(file: Path, folder: int, flags: int) -> int:
    """Opens a file that has no other name: where it has one, it becomes a copy first."""
    descriptor = _open_regular(file, folder, flags)
    if os.fstat(descriptor).st_nlink <= 1:
        return descriptor
    with open(descriptor, "rb") as shared, replacement(file, folder) as name:
        new = create(name, folder)
        with open(os.dup(new), "wb") as copy:
            shutil.copyfileobj(shared, copy)
    fcntl.fcntl(new, fcntl.F_SETFL, flags & os.O_APPEND)  # not opened by its name: that may be another file by now
    return new


def _open_regular(file: Path, folder: int, flags: int) -> int:
    """Opens a regular file, and nothing else. Raises InputError where it is a link, a pipe or a device."""
    try:
        descriptor = os.open(file.name, os.O_NOFOLLOW | os.O_CLOEXEC | flags, 0o666, dir_fd=folder)
    except OSError as error:
        if error.errno not in (errno.ELOOP, errno.EMLINK):
            raise
        raise link_refused(file, file.parent) from None
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise InputError(f"{file} is not a regular file: move it away")
