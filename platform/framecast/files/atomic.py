"""Replacing files and links in one step: a reader sees the old one or the new one, never a part."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from framecast.errors import InputError, disk_error_number, why_not_written
from framecast.files.folder import open_folder, open_folder_within, validate_owner
from framecast.files.temporary_file import create, name_in_errors, replacement, temporary_name

_PROBE = 16 << 10
"""Bytes that show whether a disk has any room."""


def write_atomically(file: Path, content: str | bytes, top: Path | None = None) -> None:
    """Replaces a file as a whole.

    Text is written in UTF-8; what is no character, as half of a pair of surrogates, is spelled out as \\udc80.

    Raises OSError that names the file, and InputError where a link leads elsewhere.
    """
    with atomic_stream(file, top) as stream:
        stream.write(content.encode(errors="backslashreplace") if isinstance(content, str) else content)


@contextlib.contextmanager
def atomic_stream(file: Path, top: Path | None = None) -> Iterator[IO[bytes]]:
    """A stream of what becomes `file` when the body ends; nothing is left of it where the body raises."""
    with name_in_errors(file), open_folder(file.parent, top) as folder:
        _validate_target(file, folder)
        with replacement(file, folder) as name, open(create(name, folder), "w+b") as stream:
            yield stream


@contextlib.contextmanager
def atomic_path(file: Path, top: Path | None = None) -> Iterator[Path]:
    """The same for libraries that open a file by its path: one of the same name, in a new folder of mode 0700.

    An error of the disk that a library reports in words only, as safetensors and torch do, is raised as OSError.
    """
    with name_in_errors(file), open_folder(file.parent, top) as folder:
        _validate_target(file, folder)
        temporary = temporary_name(file)
        os.mkdir(temporary, 0o700, dir_fd=folder)
        try:
            private = open_folder_within(folder, file.parent / temporary, file.parent)
            try:
                validate_owner(file.parent / temporary, os.fstat(private), os.fstat(folder))
                with _translate_disk_errors():
                    yield _path_of(private, file.parent / temporary) / file.name
                os.replace(file.name, file.name, src_dir_fd=private, dst_dir_fd=folder)
            finally:
                os.close(private)
        finally:
            shutil.rmtree(temporary, ignore_errors=True, dir_fd=folder)


def make_link(link: Path, target: str, top: Path | None = None) -> None:
    """Makes a symbolic link, or replaces one."""
    with (
        name_in_errors(link),
        open_folder(link.parent, top) as folder,
        replacement(link, folder) as name,
    ):
        os.symlink(target, name, target_is_directory=True, dir_fd=folder)


def flush(path: Path) -> None:
    """Has the system write a file, or the names in a folder, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EACCES) or not path.is_dir():
            raise  # some file systems cannot flush a folder
    finally:
        os.close(descriptor)


def validate_output(file: Path, hint: str = "") -> None:
    """Raises InputError, which ends in the `hint`, where a file could not be written: asked before the work that
    makes its content. A small file of a random name is written, and removed again."""
    existing = next(folder for folder in file.absolute().parents if os.path.lexists(folder))
    try:
        with open_folder(existing) as folder:
            if existing == file.absolute().parent:
                _validate_target(file, folder)
            temporary = temporary_name(file)
            try:
                with open(create(temporary, folder), "wb") as stream:
                    stream.write(bytes(_PROBE))
            finally:
                with contextlib.suppress(FileNotFoundError):  # handled: it could not even be made
                    os.unlink(temporary, dir_fd=folder)
    except OSError as error:
        why = why_not_written(error) or error.strerror or str(error)
        raise InputError(f"{file} cannot be written: {why}{f'; {hint}' if hint else ''}") from None


def _validate_target(file: Path, folder: int) -> None:
    """Raises InputError where what is there is neither a file nor a link, which can be replaced."""
    try:
        mode = os.stat(file.name, dir_fd=folder, follow_symlinks=False).st_mode
    except FileNotFoundError:  # handled: nothing is there yet
        return
    if not (stat.S_ISREG(mode) or stat.S_ISLNK(mode)):
        kind = "a folder" if stat.S_ISDIR(mode) else "a pipe or a device"
        raise InputError(f"{file} is {kind}, not a file: it is not replaced")


def _path_of(descriptor: int, path: Path) -> Path:
    """A path of an open folder that stays right when the folder is renamed; `path` where the system has none."""
    own = Path(f"/proc/self/fd/{descriptor}")
    return own if own.is_dir() else path


@contextlib.contextmanager
def _translate_disk_errors() -> Iterator[None]:
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        number = disk_error_number(str(error))
        if number is None:
            raise
        raise OSError(number, os.strerror(number)) from error
