"""What is removed, and what is not."""

from __future__ import annotations

import os
from pathlib import Path

from framecast.files import (
    remove_file,
    remove_tree,
    remove_unfinished,
)
from tests.files.file_changes import content


def test_a_tree_is_removed_but_not_what_its_links_lead_to(top: Path, precious: Path) -> None:
    (top / "tree" / "deep").mkdir(parents=True)
    (top / "tree" / "deep" / "link").symlink_to(precious)
    (top / "tree" / "file").symlink_to(precious / "thesis.tex")
    remove_tree(top / "tree", top)
    assert not list(top.iterdir())
    assert content(precious) == {"thesis.tex": "years of work"}


def test_what_is_not_there_is_removed_already(top: Path) -> None:
    remove_file(top / "none" / "file", top)
    remove_tree(top / "none", top)


def test_what_killed_writers_left_is_removed_when_it_is_old(top: Path, precious: Path) -> None:
    for name in (".plan.0123.writing", ".stop.4567.writing", "notes.writing"):
        (top / name).touch()
    (top / ".model.89ab.writing").mkdir()
    (top / ".model.89ab.writing" / "half").touch()
    (top / ".link.cdef.writing").symlink_to(precious)
    for path in top.iterdir():
        if path.name != ".stop.4567.writing":  # which is being written
            os.utime(path, (0, 0), follow_symlinks=False)
    remove_unfinished(top)
    assert sorted(path.name for path in top.iterdir()) == [".stop.4567.writing", "notes.writing"]
    assert content(precious) == {"thesis.tex": "years of work"}
