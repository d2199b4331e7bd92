"""A true-format miniature of KTH: 599 files in the real layout, container and codec, with its quirks."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from framecast_kth.files import NEVER_THERE
from framecast_kth.settings import ACTIONS
from tests.real_clips import real_video

_TRUNCATED = "person02_walking_d2"
FRAMES = 40
_ZIPPED = ("boxing", "handclapping", "handwaving")
_NAMES = [
    f"person{person:02d}_{action}_d{setting}"
    for person in range(1, 26)
    for action in ACTIONS
    for setting in range(1, 5)
]


def sequences() -> str:
    """00sequences.txt: a prose header; ranges of 1 to 4, out of order, overlapping, past the end, oddly spaced."""
    quirks = [
        "\t\tframes\t1-10, 11-20, 21-30, 31-40",
        "\tframes\t\t1-12, 13-25, 26-40 ",
        "   frames   21-40, 1-20",
        "\t frames\t1-20,\t15-40,  30-99  ",
    ]
    lines = ["The action sequences of the database, person by person", "and the frames that show an action.", ""]
    for number, name in enumerate(_NAMES):
        lines.append(name + ("\tframes\t*missing*" if name == NEVER_THERE else quirks[number % len(quirks)]))
        if number % 24 == 23:
            lines.append("")
    return "\r\n".join(lines)


def _made(root: Path) -> Path:
    root.mkdir()
    archives = {action: zipfile.ZipFile(root / f"{action}.zip", "w") for action in _ZIPPED}
    for number, name in enumerate(_NAMES):
        if name == NEVER_THERE:
            continue
        action = name.split("_")[1]
        content = real_video("avi", FRAMES, 20 * (number % 6))
        if name == _TRUNCATED:
            content = content[: len(content) // 2]
        if action in archives:
            archives[action].writestr(f"{name}_uncomp.avi", content)
        else:
            folder = root / action
            folder.mkdir(exist_ok=True)
            (folder / f"{name}_uncomp.avi").write_bytes(content)
    archives["boxing"].writestr("../../person01_boxing_d1_uncomp.avi", b"let me out")
    for archive in archives.values():
        archive.close()
    (root / "00sequences.txt").write_text(sequences())
    return root


@pytest.fixture(scope="session")
def official_files(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """Puts the miniature of the official files into a new folder; all such folders share the files."""
    first = _made(tmp_path_factory.mktemp("official") / "kth")

    def placed(root: Path) -> Path:
        for file in first.rglob("*"):
            copy = root / file.relative_to(first)
            if file.is_file():
                copy.parent.mkdir(parents=True, exist_ok=True)
                os.link(file, copy)
        return root

    return placed


def _command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "framecast", "data", *map(str, arguments)]


@pytest.fixture(scope="session")
def command() -> Callable[..., list[str]]:
    """The real command, for a process of its own: `command("prepare", "kth")`."""
    return _command


class Prepared(NamedTuple):
    """The folder of the official files, whose store is ready, and what the command said."""

    root: Path
    said: str

    @property
    def store(self) -> Path:
        return self.root / "framecast-32x32"


@pytest.fixture(scope="session")
def prepared(official_files: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """The miniature after `platform data prepare kth --root DIR size=32`."""
    root = official_files(tmp_path_factory.mktemp("prepared") / "kth")
    done = subprocess.run(
        _command("prepare", "kth", "--root", root, "size=32"), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return Prepared(root, done.stdout + done.stderr)
