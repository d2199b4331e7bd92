"""The token that a Ray of ours asks for: made for this user only, before Ray starts."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from framecast.errors import InputError
from framecast.launch.ray_token import ensure_token, only_for_this_user


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH", "RAY_AUTH_MODE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path / ".ray"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_it_is_made_for_this_user_only_whatever_the_umask(umask: int, home: Path) -> None:
    before = os.umask(umask)
    try:
        assert ensure_token() == ""
    finally:
        os.umask(before)
    assert mode(home / "auth_token") == 0o600
    assert mode(home) == 0o700
    assert len((home / "auth_token").read_text()) == 64
    assert [file.name for file in home.iterdir()] == ["auth_token"]


def test_one_that_is_there_stays(home: Path) -> None:
    ensure_token()
    before = (home / "auth_token").read_text()
    assert ensure_token() == ""
    assert (home / "auth_token").read_text() == before


def test_runs_that_begin_at_once_agree_on_one(home: Path) -> None:
    found: list[str] = []

    def begin() -> None:
        ensure_token()
        found.append((home / "auth_token").read_text())

    threads = [threading.Thread(target=begin) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert len(found) == 16


def test_one_that_others_could_read_is_closed_and_that_is_said(home: Path) -> None:
    home.mkdir()
    (home / "auth_token").write_text("a" * 64)
    (home / "auth_token").chmod(0o644)
    assert "other users could read Ray's token" in ensure_token()
    assert mode(home / "auth_token") == 0o600
    assert ensure_token() == ""


@pytest.mark.parametrize("kind", ["empty", "short", "a folder", "a pipe", "dangling"])
def test_one_that_is_none_is_refused_and_named(kind: str, home: Path) -> None:
    home.mkdir()
    file = home / "auth_token"
    if kind in ("empty", "short"):
        file.write_text("" if kind == "empty" else "abc")
    elif kind == "a folder":
        file.mkdir()
    elif kind == "a pipe":
        os.mkfifo(file)
    else:
        file.symlink_to(home / "nowhere")
    with pytest.raises(InputError, match="auth_token"):
        ensure_token()


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="makes a file of another user")
def test_one_that_another_user_has_made_is_refused(home: Path) -> None:
    home.mkdir()
    (home / "auth_token").write_text("a" * 64)
    os.chown(home / "auth_token", 65534, 65534)
    with pytest.raises(InputError, match="belongs to another user, who knows it"):
        ensure_token()


def test_a_token_in_the_environment_needs_no_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_AUTH_TOKEN", "b" * 32)
    assert ensure_token() == ""
    assert not home.exists()
    monkeypatch.setenv("RAY_AUTH_TOKEN", "b")
    with pytest.raises(InputError, match="RAY_AUTH_TOKEN is shorter"):
        ensure_token()


@pytest.mark.parametrize("before", [None, "disabled", "token"])
def test_ray_asks_for_it_whatever_the_environment_says(
    before: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ray._private.authentication.authentication_utils import is_token_auth_enabled

    if before:
        monkeypatch.setenv("RAY_AUTH_MODE", before)
    with only_for_this_user() as notice:
        assert os.environ["RAY_AUTH_MODE"] == "token"
        assert is_token_auth_enabled()
        assert ("RAY_AUTH_MODE=disabled is for clusters" in notice) is (before == "disabled")
    assert os.environ.get("RAY_AUTH_MODE") == before
