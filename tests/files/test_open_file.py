"""Files that are opened where they are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from framecast.errors import InputError
from framecast.files import (
    truncate_file,
)
from tests.files.file_changes import Write, append, content, lock, write_by_path


@pytest.mark.parametrize("change", [append, lambda file, top: truncate_file(file, 0, top), write_by_path])
def test_the_other_names_of_a_file_keep_their_content(change: Write, top: Path, precious: Path) -> None:
    os.link(precious / "thesis.tex", top / "events.jsonl")
    change(top / "events.jsonl", top)
    assert content(precious) == {"thesis.tex": "years of work"}
    assert (top / "events.jsonl").stat().st_nlink == 1


def test_appending_to_a_file_with_other_names_keeps_what_was_there(top: Path, precious: Path) -> None:
    os.link(precious / "thesis.tex", top / "events.jsonl")
    append(top / "events.jsonl", top)
    assert (top / "events.jsonl").read_text() == "years of worknew"


@pytest.mark.parametrize("change", [append, lock], ids=["append", "lock"])
def test_a_pipe_is_refused_at_once(change: Write, top: Path) -> None:
    os.mkfifo(top / "pipe")
    with pytest.raises(InputError, match="not a regular file"):
        change(top / "pipe", top)


def test_a_lock_leaves_the_file_as_it_is(top: Path) -> None:
    (top / "lock").write_text("something")
    lock(top / "lock", top)
    assert (top / "lock").read_text() == "something"
