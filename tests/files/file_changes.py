"""Every way to change a file, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from framecast.files import (
    atomic_path,
    create_file,
    make_folder,
    make_link,
    move,
    open_lock,
    open_to_append,
    remove_file,
    remove_tree,
    truncate_file,
    write_atomically,
)

Write = Callable[[Path, Path], object]


def append(file: Path, top: Path) -> None:
    with open_to_append(file, top) as stream:
        stream.write(b"new")


def write_by_path(file: Path, top: Path) -> None:
    with atomic_path(file, top) as path:
        path.write_text("new")


def lock(file: Path, top: Path) -> None:
    open_lock(file, top).close()


def create(file: Path, top: Path) -> None:
    with create_file(file, top) as stream:
        stream.write(b"new")


CHANGES: dict[str, Write] = {
    "append": append,
    "by path": write_by_path,
    "create": create,
    "link": lambda file, top: make_link(file, "elsewhere", top),
    "lock": lock,
    "make a folder": make_folder,
    "move": lambda file, top: move(file, file.with_name("moved"), top),
    "remove": remove_file,
    "remove a tree": remove_tree,
    "truncate": lambda file, top: truncate_file(file, 0, top),
    "write": lambda file, top: write_atomically(file, "new", top),
}
"""Every way to change something at `file` below `top`."""


def content(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}
