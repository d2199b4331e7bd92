"""Copies of files and folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from framecast.errors import InputError
from framecast.files import (
    copy_tree,
    remove_tree,
)
from tests.files.file_changes import content


def test_a_copy_takes_neither_modes_nor_links_of_its_place(top: Path, precious: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "old").mkdir(parents=True, mode=0o777)
    (source / "old" / "log").write_text("said")
    (source / "old").chmod(0o777)
    (source / "large").write_text("too much")
    copy_tree(source, top / "logs" / "ray", top, lambda path: path.name == "large")
    assert content(top / "logs" / "ray" / "old") == {"log": "said"}
    assert not (top / "logs" / "ray" / "large").exists()
    assert not (top / "logs" / "ray" / "old").stat().st_mode & 0o022
    remove_tree(top / "logs" / "ray" / "old", top)
    (top / "logs" / "ray" / "old").symlink_to(precious)
    with pytest.raises(InputError, match="is a symbolic link"):
        copy_tree(source, top / "logs" / "ray", top)
    assert content(precious) == {"thesis.tex": "years of work"}
