"""Nothing is written or deleted through links below the folder that the user named."""

from __future__ import annotations

import os
import resource
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from framecast.errors import InputError
from framecast.files import (
    atomic_path,
    atomic_stream,
    copy_tree,
    create_file,
    make_folder,
    make_link,
    move,
    open_lock,
    open_to_append,
    remove_file,
    remove_tree,
    remove_unfinished,
    truncate_file,
    validate_no_links,
    validate_output,
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


@pytest.fixture
def precious(tmp_path: Path) -> Path:
    """A folder of the user with one file, to which links lead."""
    folder = tmp_path / "precious"
    folder.mkdir()
    (folder / "thesis.tex").write_text("years of work")
    return folder


@pytest.fixture
def top(tmp_path: Path) -> Path:
    folder = tmp_path / "top"
    folder.mkdir()
    return folder


def content(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


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


@pytest.mark.parametrize("change", [append, lock], ids=["append", "lock"])
def test_a_pipe_is_refused_at_once(change: Write, top: Path) -> None:
    os.mkfifo(top / "pipe")
    with pytest.raises(InputError, match="not a regular file"):
        change(top / "pipe", top)


@pytest.mark.parametrize("name", ["folder", "pipe"])
def test_only_files_are_replaced(name: str, top: Path) -> None:
    (top / "folder").mkdir()
    os.mkfifo(top / "pipe")
    before = (top / name).stat().st_ino
    for write in (lambda file, top: write_atomically(file, "new", top), write_by_path):
        with pytest.raises(InputError, match="not replaced"):
            write(top / name, top)
    assert (top / name).stat().st_ino == before
    assert {path.name for path in top.iterdir()} == {"folder", "pipe"}


def test_a_lock_leaves_the_file_as_it_is(top: Path) -> None:
    (top / "lock").write_text("something")
    lock(top / "lock", top)
    assert (top / "lock").read_text() == "something"


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_files_and_folders_follow_the_umask(umask: int, top: Path) -> None:
    before = os.umask(umask)
    try:
        write_atomically(top / "a", "", top)
        write_by_path(top / "b", top)
        append(top / "c", top)
        make_folder(top / "d" / "e", top)
    finally:
        os.umask(before)
    modes = {name: stat.S_IMODE((top / name).stat().st_mode) for name in ("a", "b", "c", "d", "d/e")}
    assert modes == {name: (0o777 if name in ("d", "d/e") else 0o666) & ~umask for name in modes}


def test_others_cannot_enter_the_folder_in_which_a_library_writes(top: Path) -> None:
    with atomic_path(top / "model.pt2", top) as path:
        path.write_text("half")
        (unfinished,) = top.iterdir()
        assert stat.S_IMODE(unfinished.stat().st_mode) == 0o700
    assert content(top) == {"model.pt2": "half"}


def test_what_fails_on_the_way_leaves_the_old_file_and_nothing_else(top: Path) -> None:
    (top / "file").write_text("old")
    for writing in (atomic_path, atomic_stream):
        with pytest.raises(RuntimeError), writing(top / "file", top):
            raise RuntimeError("halfway")
    assert content(top) == {"file": "old"}


def test_errors_name_the_file_that_the_user_knows(tmp_path: Path) -> None:
    for write in (lambda file, top: write_atomically(file, "new", top), write_by_path, append):
        with pytest.raises(FileNotFoundError) as caught:
            write(tmp_path / "none" / "file", tmp_path)
        assert caught.value.filename == str(tmp_path / "none")
    with pytest.raises(OSError, match="not so") as full, atomic_path(tmp_path / "out.npy") as path:
        raise OSError(28, "not so", str(path))
    assert full.value.filename == str(tmp_path / "out.npy")


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


def test_a_folder_for_a_library_has_no_links_on_its_path(top: Path, precious: Path) -> None:
    (top / "tensorboard").symlink_to(precious)
    with pytest.raises(InputError, match="tensorboard is a symbolic link"):
        validate_no_links(top / "tensorboard" / "events", top)
    validate_no_links(top / "none" / "events", top)


@pytest.mark.parametrize("place", ["file/out.npy", "folder", "pipe"])
def test_an_output_that_cannot_be_written_is_refused_before_the_work(place: str, top: Path) -> None:
    (top / "file").touch()
    (top / "folder").mkdir()
    os.mkfifo(top / "pipe")
    with pytest.raises(InputError, match=r"cannot be written|not replaced"):
        validate_output(top / place)


def test_an_output_without_room_is_refused_and_leaves_nothing(top: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with pytest.raises(InputError, match=r"model\.pt2 cannot be written: a file may not grow.*; -o writes"):
            validate_output(top / "new" / "model.pt2", "-o writes elsewhere")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not list(top.iterdir())
    validate_output(top / "new" / "model.pt2")
    assert not list(top.iterdir())


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


def test_text_that_is_no_unicode_is_spelled_out(tmp_path: Path) -> None:
    write_atomically(tmp_path / "report.html", "torch \ud800")
    assert (tmp_path / "report.html").read_text() == "torch \\ud800"
