"""Folders, opened and made one by one without following links."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from framecast.errors import InputError
from framecast.files.temporary_file import name_in_errors

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


@contextlib.contextmanager
def open_folder(folder: Path, top: Path | None = None) -> Iterator[int]:
    """A descriptor of a folder, for the `dir_fd` of the functions in `os`; no link is followed below `top`."""
    top = folder if top is None else top
    parts = _parts_below(folder, top)
    with name_in_errors(top):
        current, path = os.open(top, _FOLDER), top
    try:
        for part in parts:
            path = path / part
            inner = open_folder_within(current, path, top)
            os.close(current)
            current = inner
        yield current
    finally:
        os.close(current)


def open_folder_within(parent: int, path: Path, top: Path) -> int:
    """Opens the folder at `path` within its open parent. Raises InputError where it is a link, or no folder."""
    try:
        return os.open(path.name, _FOLDER | os.O_NOFOLLOW, dir_fd=parent)
    except OSError as error:
        if error.errno not in (errno.ELOOP, errno.EMLINK, errno.ENOTDIR):
            error.filename = str(path)
            raise
        if stat.S_ISLNK(os.stat(path.name, dir_fd=parent, follow_symlinks=False).st_mode):
            raise link_refused(path, top) from None
        raise InputError(f"{path} is not a folder: move it away") from None


def make_folder(folder: Path, top: Path | None = None, mode: int = 0o777, exist_ok: bool = True) -> Path:
    """Makes a folder and those above it, `mode` less the umask for the last one. Returns it.

    Raises FileExistsError where it is there and `exist_ok` is false.
    """
    top = folder if top is None else top
    _parts_below(folder, top)
    if folder == top:
        try:
            folder.mkdir(mode, parents=True, exist_ok=exist_ok)
        except FileExistsError:
            if not exist_ok:
                raise
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder)) from None
        return folder
    make_folder(folder.parent, top)
    with name_in_errors(folder), open_folder(folder.parent, top) as parent:
        try:
            os.mkdir(folder.name, mode, dir_fd=parent)
        except FileExistsError:
            if not exist_ok:
                raise
        os.close(open_folder_within(parent, folder, top))
    return folder


def validate_no_links(path: Path, top: Path) -> None:
    """Raises InputError where a part of `path` below `top` is a link: for what libraries write themselves."""
    current = top
    for part in _parts_below(path, top):
        current = current / part
        if current.is_symlink():
            raise link_refused(current, top)


def validate_own_folder(folder: Path) -> None:
    """Raises InputError where a folder was made by another user, who might change what is written there."""
    validate_owner(folder, folder.lstat(), folder.parent.stat())


def validate_owner(path: Path, found: os.stat_result, parent: os.stat_result) -> None:
    """Raises InputError where a folder belongs neither to this user nor to the owner of the folder around it."""
    if found.st_uid not in (os.geteuid(), parent.st_uid):
        raise InputError(f"{path} belongs to another user: nothing is written there")


def link_refused(path: Path, top: Path) -> InputError:
    """The error for a link below `top`."""
    return InputError(
        f"{path} is a symbolic link, and links below {top} are not followed: "
        "remove it, or put what it leads to in its place"
    )


def _parts_below(path: Path, top: Path) -> tuple[str, ...]:
    parts = path.relative_to(top).parts
    if ".." in parts:
        raise InputError(f"{path} leads out of {top}: nothing is written there")
    return parts
