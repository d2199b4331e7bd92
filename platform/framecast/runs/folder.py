"""A folder that the platform works in: how it is named, made and found."""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Self, TypeVar

from framecast.errors import InputError
from framecast.files import remove_empty_folder, remove_tree
from framecast.runs import layout

AnyFolder = TypeVar("AnyFolder", bound="Folder")


class Folder:
    """A folder root/name/id. Holds nothing but the path: every process that opens it sees the same content.

    `marker` is the file by which a folder of this kind is recognized; the base class has none.
    `kind` is what users call it.
    """

    marker: ClassVar[str] = ""
    kind: ClassVar[str] = "run"

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def all(cls, root: Path) -> list[Self]:
        """Every folder of this kind below `root`, the newest first."""
        found = root.glob(f"*/*/{cls.marker}") if root.is_dir() else ()
        return sorted((cls(file.parent) for file in found), key=lambda folder: folder.id, reverse=True)

    @property
    def id(self) -> str:
        return self.path.name

    @property
    def name(self) -> str:
        return self.path.parent.name

    @property
    def root(self) -> Path:
        return self.path.parent.parent

    @property
    def logs(self) -> Path:
        return self.path / layout.LOGS

    @property
    def driver_log(self) -> Path:
        return self.logs / layout.DRIVER_LOG

    def log_files(self) -> list[Path]:
        return sorted(self.logs.glob(layout.LOG_FILES))

    def remove(self) -> None:
        """Deletes the folder, and that of its job if no other run is left there."""
        remove_tree(self.path)
        with contextlib.suppress(OSError):  # handled: other runs of the job are left, and so is their folder
            remove_empty_folder(self.path.parent)


def new_run_id() -> str:
    """The time in UTC, and chance: ids sort by age, also when clocks change or machines are in several zones."""
    return f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{secrets.token_hex(2)}"


def closed_folders(root: Path, depth: int = 2) -> list[Path]:
    """The folders in which this user may not look: `root`, those of jobs below it, and those of their runs."""
    if not os.path.isdir(root):
        return []
    if not os.access(root, os.R_OK | os.X_OK):
        return [root]
    if not depth:
        return []
    with os.scandir(root) as entries:
        inner = sorted(Path(entry.path) for entry in entries)
    return [closed for folder in inner for closed in closed_folders(folder, depth - 1)]


def named(text: str, folders: Sequence[AnyFolder]) -> AnyFolder | None:
    """The one of these folders, the newest first, that has this id, or this name, or whose id begins with it.

    Raises InputError where more than one id begins with it.
    """
    for matches in (
        [folder for folder in folders if folder.id == text],
        [folder for folder in folders if folder.name == text][:1],
        [folder for folder in folders if folder.id.startswith(text)],
    ):
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise InputError(f"run {text!r} could be {', '.join(each.id for each in matches)}: write more of it")
    return None
