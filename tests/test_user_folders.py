"""Users without a home: containers run as any number, and system services."""

from __future__ import annotations

import getpass
import os
import tempfile
from pathlib import Path

import pytest

from framecast import user_folders
from framecast.cluster.profiles import cluster_at
from framecast.errors import InputError
from framecast.user_folders import cache_folder, config_folder, expanded, give_libraries_a_home


@pytest.fixture(autouse=True)
def nothing_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FRAMECAST_CACHE", "FRAMECAST_CLUSTERS", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def no_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """HOME is not set, and the user is not in the list of users."""
    monkeypatch.setattr(os.path, "expanduser", lambda path: str(path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_with_a_home_everything_is_below_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert expanded("~/runs") == tmp_path / "runs"
    assert cache_folder() == tmp_path / ".cache" / "framecast"
    assert config_folder() == tmp_path / ".config" / "framecast"


@pytest.mark.usefixtures("no_home")
def test_without_a_home_caches_are_among_the_temporary_files(tmp_path: Path) -> None:
    assert cache_folder() == tmp_path / f"framecast-{os.getuid()}"
    assert cache_folder().stat().st_mode & 0o077 == 0
    assert config_folder() is None


@pytest.mark.usefixtures("no_home")
def test_without_a_home_a_path_that_begins_there_is_refused() -> None:
    with pytest.raises(InputError, match=r"~/runs: the home folder is not known; set HOME"):
        expanded("~/runs")


@pytest.mark.usefixtures("no_home")
def test_without_a_home_no_cluster_has_a_name() -> None:
    with pytest.raises(InputError, match=r"no cluster is called 'lab'.*FRAMECAST_CLUSTERS"):
        cluster_at("lab")


def test_a_home_that_cannot_be_written_to_is_as_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """/dev/null stands for it: below a file nothing can be made, not even by root."""
    monkeypatch.setenv("HOME", "/dev/null")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert cache_folder() == tmp_path / f"framecast-{os.getuid()}"


@pytest.mark.usefixtures("no_home")
def test_a_folder_that_another_user_has_put_there_is_not_taken(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / f"framecast-{os.getuid()}").symlink_to(elsewhere)
    assert user_folders.cache_folder().resolve() != elsewhere


def test_a_chosen_cache_is_taken_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRAMECAST_CACHE", "/chosen/cache")
    assert cache_folder() == Path("/chosen/cache")


@pytest.mark.usefixtures("no_home")
def test_libraries_get_a_home_and_a_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def unknown() -> str:
        raise KeyError("getpwuid(): uid not found: 12345")

    monkeypatch.setattr(getpass, "getuser", unknown)
    monkeypatch.setenv("HOME", "")
    monkeypatch.setenv("USER", "")
    give_libraries_a_home()
    assert os.environ["HOME"] == str(tmp_path / f"framecast-{os.getuid()}")
    assert os.environ["USER"] == f"user-{os.getuid()}"
