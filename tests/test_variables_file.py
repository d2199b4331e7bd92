"""Values of variables on their way to a cluster."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from framecast.errors import InputError
from framecast.variables_file import FILE, FILE_VARIABLE, take_variables, variables_sent, write_variables


@pytest.fixture(autouse=True)
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which a job begins, and an environment that is put back."""
    monkeypatch.chdir(tmp_path)
    for name in (FILE_VARIABLE, "FRAMECAST_VARIABLES", "MY_KEY"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    return tmp_path


def test_they_arrive_once_in_a_file_that_only_its_reader_can_open(there: Path) -> None:
    before = os.umask(0)
    try:
        write_variables(there, {"MY_KEY": "value"})
    finally:
        os.umask(before)
    assert stat.S_IMODE((there / FILE).stat().st_mode) == 0o600
    os.environ[FILE_VARIABLE] = FILE
    take_variables()
    assert os.environ["MY_KEY"] == "value"
    assert variables_sent() == {"MY_KEY": "value"}
    assert not (there / FILE).exists()
    assert FILE_VARIABLE not in os.environ


def test_equal_values_are_not_equal_files(tmp_path: Path) -> None:
    """Ray names a package by its digest, which it logs."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_variables(tmp_path / name, {"MY_KEY": "1"})
    assert (tmp_path / "a" / FILE).read_bytes() != (tmp_path / "b" / FILE).read_bytes()


def test_without_such_a_file_nothing_happens() -> None:
    take_variables()
    assert variables_sent() == {}


def test_a_file_that_is_not_there_is_reported(there: Path) -> None:
    os.environ[FILE_VARIABLE] = FILE
    with pytest.raises((InputError, OSError), match=FILE):
        take_variables()


def test_a_link_in_its_place_is_not_written_through(there: Path) -> None:
    (there / "precious").write_text("mine")
    (there / FILE).symlink_to(there / "precious")
    with pytest.raises(OSError, match="exist"):
        write_variables(there, {"MY_KEY": "value"})
    assert (there / "precious").read_text() == "mine"
