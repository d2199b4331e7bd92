"""Removing files and folders, but never what a link leads to."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from pathlib import Path

from framecast.files.folder import open_folder, open_folder_within
from framecast.files.temporary_file import UNFINISHED, name_in_errors

_STILL_WRITTEN = 3600.0
"""Seconds in which a temporary file may belong to a writer that is alive."""


def remove_file(file: Path, top: Path | None = None) -> None:
    """Removes a file, or a link itself; does nothing where there is none."""
    with contextlib.suppress(FileNotFoundError), name_in_errors(file), open_folder(file.parent, top) as folder:
        # handled: it is gone already
        os.unlink(file.name, dir_fd=folder)


def remove_tree(folder: Path, top: Path | None = None, ignore_errors: bool = False) -> None:
    """Removes a folder and all in it, but never what a link leads to; does nothing where there is none.

    Raises InputError where it is a link or no folder, whatever `ignore_errors` says.
    """
    with (
        contextlib.suppress(FileNotFoundError),  # handled: it is gone already
        name_in_errors(folder),
        open_folder(folder.parent, top) as parent,
    ):
        os.close(open_folder_within(parent, folder, top or folder.parent))
        shutil.rmtree(folder.name, ignore_errors=ignore_errors, dir_fd=parent)


def remove_empty_folder(folder: Path) -> None:
    """Raises OSError where something is in it, or it is a link."""
    with name_in_errors(folder), open_folder(folder.parent) as parent:
        os.rmdir(folder.name, dir_fd=parent)


def remove_unfinished(folder: Path) -> None:
    """Removes what writers that were killed have left in a folder more than an hour ago."""
    for left in folder.glob(f".*{UNFINISHED}"):
        if time.time() - left.lstat().st_mtime < _STILL_WRITTEN:
            continue
        if left.is_dir() and not left.is_symlink():
            remove_tree(left, folder, ignore_errors=True)
        else:
            remove_file(left, folder)
