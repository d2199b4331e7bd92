"""Copying and moving files and folders."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from framecast.files.atomic import atomic_stream
from framecast.files.folder import make_folder, open_folder
from framecast.files.temporary_file import name_in_errors


def copy_file(source: Path, target: Path, top: Path | None = None) -> None:
    """Copies the content of a file, not its mode: who may read the copy is the umask's to say."""
    with open(source, "rb") as stream, atomic_stream(target, top) as copy:
        shutil.copyfileobj(stream, copy)


def copy_tree(
    source: Path, target: Path, top: Path, leaves_out: Callable[[Path], bool] = lambda path: False
) -> None:
    """Copies a folder into another one, which may hold some of it. What `leaves_out` accepts is not copied."""
    make_folder(target, top)
    for each in sorted(source.iterdir()):
        if leaves_out(each):
            continue
        if each.is_dir():
            copy_tree(each, target / each.name, top, leaves_out)
        elif each.is_file():
            copy_file(each, target / each.name, top)


def move(source: Path, target: Path, top: Path | None = None) -> None:
    """Renames a file or a folder. A file or a link at `target` is replaced, a folder must be empty."""
    with name_in_errors(target), open_folder(source.parent, top) as old, open_folder(target.parent, top) as new:
        os.rename(source.name, target.name, src_dir_fd=old, dst_dir_fd=new)
