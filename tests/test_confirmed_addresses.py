"""Which addresses the user has named: as written there, and as others may write them."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from framecast.confirmed_addresses import confirm, confirmed_variables, is_confirmed, same_address
from framecast.user_folders import state_folder


@pytest.fixture(autouse=True)
def nothing_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name in ("RAY_ADDRESS", "MLFLOW_TRACKING_URI", "FRAMECAST_RUNS", "FRAMECAST_CONFIRMED_ADDRESSES"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://head:8265", "HTTP://HEAD:8265/"),
        ("http://head", "http://head:80/"),
        ("https://head.", "https://head:443"),
        ("http://[::1]:8265", "http://[::1]:8265/"),
    ],
)
def test_what_is_only_written_differently_is_the_same(one: str, other: str) -> None:
    assert same_address(one, other)


@pytest.mark.parametrize(
    "other",
    [
        "https://head:8265",
        "http://head:8266",
        "http://head",
        "http://head.example.org:8265",
        "http://head@evil:8265",
        "http://head:8265@evil",
        "http://evil/head:8265",
        "http://user@head:8265",
        "http://head:8265/proxy",
        "http://[::1]:8265",
        "http://head:99999",
        "head:8265",
        "file:///head:8265",
        "",
    ],
)
def test_another_scheme_host_port_user_or_path_is_another_address(other: str) -> None:
    confirm("http://head:8265")
    assert is_confirmed("http://head:8265")
    assert not is_confirmed(other)


def test_an_address_is_remembered_in_a_file_of_this_user_for_later_shells(monkeypatch: pytest.MonkeyPatch) -> None:
    confirm("http://head:8265", ["KEY"])
    monkeypatch.delenv("FRAMECAST_CONFIRMED_ADDRESSES")
    assert is_confirmed("http://HEAD:8265/")
    assert confirmed_variables("http://head:8265/") == {"KEY"}
    assert not confirmed_variables("http://evil:8265")
    assert stat.S_IMODE(state_folder().stat().st_mode) == 0o700
    confirm("http://head:8265", ["OTHER"])
    assert confirmed_variables("http://head:8265") == {"KEY", "OTHER"}


def test_no_password_is_written_into_the_notes() -> None:
    confirm("postgresql://user:word@host/db")
    assert "word" not in (state_folder() / "addresses.json").read_text()
    assert is_confirmed("postgresql://user:word@host/db")


@pytest.mark.parametrize("content", ["", "[]", "nonsense", '{"http://head:8265": 3}', "[" * 1000])
def test_a_damaged_note_confirms_nothing_and_is_replaced(content: str) -> None:
    state_folder().mkdir(parents=True)
    (state_folder() / "addresses.json").write_text(content)
    assert not is_confirmed("http://evil:8265")
    assert not confirmed_variables("http://head:8265")
    confirm("http://head:8265", ["KEY"])
    assert confirmed_variables("http://head:8265") == {"KEY"}


def test_without_a_place_for_notes_this_process_and_those_it_starts_know_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    confirm("http://head:8265")
    assert is_confirmed("http://head:8265")


@pytest.mark.parametrize("name", ["RAY_ADDRESS", "MLFLOW_TRACKING_URI", "FRAMECAST_RUNS"])
def test_the_environment_names_addresses(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "http://head:8265")
    assert is_confirmed("http://head:8265/")
