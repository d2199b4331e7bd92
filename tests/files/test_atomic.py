"""Files that are replaced as a whole."""

from __future__ import annotations

import errno
import os
import resource
import stat
from pathlib import Path

import pytest

from framecast.errors import InputError
from framecast.files import (
    atomic_path,
    atomic_stream,
    make_folder,
    validate_output,
    write_atomically,
)
from tests.files.file_changes import append, content, write_by_path


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


def test_text_that_is_no_unicode_is_spelled_out(tmp_path: Path) -> None:
    write_atomically(tmp_path / "report.html", "torch \ud800")
    assert (tmp_path / "report.html").read_text() == "torch \\ud800"


def test_a_disk_error_that_a_library_reports_in_words_is_one_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space left") as caught, atomic_path(tmp_path / "weights"):
        raise RuntimeError("SafetensorError: IoError: No space left on device (os error 28)")
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, str(tmp_path / "weights"))
    assert not list(tmp_path.iterdir())
