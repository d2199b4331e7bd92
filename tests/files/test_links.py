"""Nothing is written or deleted through links below the folder that the user named."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from framecast.errors import InputError
from framecast.files import (
    atomic_path,
    atomic_stream,
    make_folder,
    write_atomically,
)
from tests.files.file_changes import CHANGES, Write, append, content


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_folder_that_is_a_link_is_refused(change: Write, top: Path, precious: Path) -> None:
    (top / "logs").symlink_to(precious)
    with pytest.raises(InputError, match="is a symbolic link"):
        change(top / "logs" / "thesis.tex", top)
    assert content(precious) == {"thesis.tex": "years of work"}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_link_higher_up_below_the_top_is_refused(change: Write, top: Path, precious: Path) -> None:
    (precious / "inner").mkdir()
    (top / "a").symlink_to(precious)
    with pytest.raises(InputError, match="a is a symbolic link"):
        change(top / "a" / "inner" / "file", top)
    assert not list((precious / "inner").iterdir())


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_file_that_is_a_link_leaves_what_it_leads_to(change: Write, top: Path, precious: Path) -> None:
    """Replaced or removed as a link, or refused: which of them depends on what is to be done."""
    (top / "file").symlink_to(precious / "thesis.tex")
    with suppress(InputError, FileExistsError):  # refused
        change(top / "file", top)
    assert content(precious) == {"thesis.tex": "years of work"}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_link_to_nothing_makes_nothing(change: Write, top: Path, tmp_path: Path) -> None:
    (top / "file").symlink_to(tmp_path / "authorized_keys")
    with suppress(InputError, FileExistsError):  # refused
        change(top / "file", top)
    assert not (tmp_path / "authorized_keys").exists()


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_path_that_leads_out_of_the_top_is_refused(change: Write, top: Path, precious: Path) -> None:
    with pytest.raises(InputError, match="leads out of"):
        change(top / "a" / ".." / ".." / "precious" / "thesis.tex", top)
    assert content(precious) == {"thesis.tex": "years of work"}


def test_the_top_itself_may_be_a_link(tmp_path: Path, precious: Path) -> None:
    """`runs -> /big/runs`: the user named it."""
    (tmp_path / "runs").symlink_to(precious)
    write_atomically(tmp_path / "runs" / "report.html", "a page")
    make_folder(tmp_path / "runs" / "logs" / "ray", tmp_path / "runs")
    append(tmp_path / "runs" / "logs" / "ray" / "log", tmp_path / "runs")
    assert (precious / "report.html").read_text() == "a page"
    assert (precious / "logs" / "ray" / "log").read_text() == "new"


def test_a_link_that_takes_the_place_of_an_open_folder_changes_nothing(top: Path, precious: Path) -> None:
    """Between the check and the write: the folder stays the one that was opened."""
    (top / "logs").mkdir()
    with atomic_stream(top / "logs" / "thesis.tex", top) as stream:
        (top / "logs").rename(top / "moved")
        (top / "logs").symlink_to(precious)
        stream.write(b"new")
    with atomic_path(top / "moved" / "by_path", top) as path:
        (top / "moved").rename(top / "moved twice")
        (top / "moved").symlink_to(precious)
        path.write_text("new")
    assert content(precious) == {"thesis.tex": "years of work"}
    assert content(top / "moved twice") == {"thesis.tex": "new", "by_path": "new"}
