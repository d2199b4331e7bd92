"""What lies in a folder and below it, whatever that is: one entry that cannot be read hides no other."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from framecast.bounded.regular_file import check_regular
from framecast.errors import InputError


class FolderListing(NamedTuple):
    """Paths below a folder, files and folders, sorted; and what cannot be listed, by its readable name, with the
    reason."""

    paths: list[Path]
    refused: list[tuple[str, str]]


def list_folder(root: Path) -> FolderListing:
    """Lists all that lies below `root`, without following links to folders.

    Left out are what is hidden or a prepared store (`framecast-...`); refused are names that are not UTF-8, and
    folders that may not be read.
    """
    paths: list[Path] = []
    refused: list[tuple[str, str]] = []
    waiting = [root]
    while waiting:  # not os.walk, which calls itself for each level
        folder = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                found = [(Path(entry.path), entry.is_dir(follow_symlinks=False)) for entry in entries]
        except OSError as error:
            refused.append((_readable(folder, root), f"it cannot be listed: {error.strerror}"))
            continue
        for path, is_folder in found:
            if path.name.startswith(("framecast-", ".")):
                continue
            if not _is_utf8(path.name):
                refused.append((_readable(path, root), "its name is not UTF-8: rename it"))
                continue
            paths.append(path)
            if is_folder:
                waiting.append(path)
    return FolderListing(sorted(paths), sorted(refused))


def why_unreadable(file: Path) -> str:
    """Why a path is no file that can be read, as the end of a line that begins with its name; else nothing."""
    try:
        check_regular(file)
    except FileNotFoundError as error:
        return f"it cannot be read: {error.strerror}"
    except InputError as error:
        return f"it {str(error).removeprefix(str(file)).strip()}"
    return ""


def _readable(path: Path, root: Path) -> str:
    name = path.relative_to(root).as_posix()
    return name.encode("utf-8", "backslashreplace").decode()


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:  # handled: the caller refuses the entry, with the reason
        return False
    return True
