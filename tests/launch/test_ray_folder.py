"""Where Ray keeps its sockets: TMPDIR may be too long for them, or not there."""

from __future__ import annotations

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
def test_a_tmpdir_that_ray_cannot_use_is_replaced_and_that_is_told(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(spoilt(kind, tmp_path)))
    folder, notice = ray_folder()
    assert folder is not None
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


@pytest.mark.parametrize("tmpdir", [None, "/tmp"])
def test_without_a_reason_ray_chooses_itself(tmpdir: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMPDIR", raising=False)
    if tmpdir:
        monkeypatch.setenv("TMPDIR", tmpdir)
    assert ray_folder() == (None, "")


def test_an_empty_tmpdir_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ray would take it for the current folder."""
    monkeypatch.setenv("TMPDIR", "")
    assert ray_folder() == ("/tmp/ray", "")
