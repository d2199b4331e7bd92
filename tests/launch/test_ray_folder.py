"""Where Ray keeps its sockets: TMPDIR may be too long for them, or not there."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from framecast.errors import InputError
from framecast.launch.ray_folder import ray_folder


@pytest.fixture(autouse=True)
def no_folder_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_TMPDIR", raising=False)


def spoilt(kind: str, tmp_path: Path) -> Path:
    if kind == "long":
        folder = tmp_path / ("y" * 60)
    elif kind == "of many bytes":
        folder = tmp_path / ("日" * 20)
    elif kind == "with blanks":
        folder = tmp_path / "my files"
    else:
        return tmp_path / "missing"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("kind", ["long", "of many bytes", "with blanks", "missing"])
def test_a_tmpdir_that_ray_cannot_use_is_replaced_and_that_is_reported(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(spoilt(kind, tmp_path)))
    folder, notice = ray_folder()
    assert len(folder) < 40
    assert Path(folder).is_dir()
    assert f"Ray keeps its files in {folder}" in notice
    assert "RAY_TMPDIR" in notice


@pytest.mark.parametrize("kind", ["long", "with blanks", "missing"])
def test_a_folder_that_the_user_chose_for_ray_is_refused(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_TMPDIR", str(spoilt(kind, tmp_path)))
    with pytest.raises(InputError, match=r"^RAY_TMPDIR=.*: .*name another folder"):
        ray_folder()


@pytest.mark.parametrize("tmpdir", [None, "/tmp", ""])
def test_without_a_reason_it_is_below_tmp(tmpdir: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ray would take an empty TMPDIR for the current folder."""
    monkeypatch.delenv("TMPDIR", raising=False)
    if tmpdir is not None:
        monkeypatch.setenv("TMPDIR", tmpdir)
    folder, notice = ray_folder()
    assert folder.startswith("/tmp/ray-")
    assert folder.endswith("/ray")
    assert not notice


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder that everybody can write to, as /tmp is, with a name that is short enough."""
    folder = Path(tempfile.mkdtemp(prefix="s", dir="/tmp"))
    folder.chmod(0o1777)
    yield folder
    shutil.rmtree(folder)


def is_closed(folder: Path) -> bool:
    status = folder.lstat()
    return stat.S_ISDIR(status.st_mode) and stat.S_IMODE(status.st_mode) == 0o700 and status.st_uid == os.getuid()


def test_no_other_user_can_enter_the_folder_whatever_ray_does_within(
    short: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ray gives its own folder and those of sessions, sockets and logs mode 777."""
    monkeypatch.setenv("RAY_TMPDIR", str(short))
    folder, _ = ray_folder()
    assert is_closed(Path(folder).parent)
    os.chmod(folder, 0o777)
    assert ray_folder() == (folder, ""), "the next run takes the same"


@pytest.mark.parametrize("kind", ["open to others", "a link", "a file"])
def test_a_name_that_somebody_else_has_taken_is_not_used(
    kind: str, short: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = short / f"ray-{os.getuid()}"
    if kind == "open to others":
        taken.mkdir()
        taken.chmod(0o777)
    elif kind == "a link":
        (tmp_path / "precious").mkdir(mode=0o700)
        taken.symlink_to(tmp_path / "precious")
    else:
        taken.touch()
    monkeypatch.setenv("RAY_TMPDIR", str(short))
    folder, _ = ray_folder()
    own = Path(folder).parent
    assert own != taken
    assert own.parent == short
    assert is_closed(own)
    assert not list((tmp_path / "precious").glob("*"))


def test_in_a_folder_that_is_closed_already_ray_needs_no_other(
    short: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short.chmod(0o700)
    monkeypatch.setenv("RAY_TMPDIR", str(short))
    assert ray_folder() == (f"{short}/ray", "")
