"""Folders without links on their path."""

from __future__ import annotations

from pathlib import Path

import pytest

from framecast.errors import InputError
from framecast.files import (
    make_folder,
    validate_no_links,
)


def test_a_folder_for_a_library_has_no_links_on_its_path(top: Path, precious: Path) -> None:
    (top / "tensorboard").symlink_to(precious)
    with pytest.raises(InputError, match="tensorboard is a symbolic link"):
        validate_no_links(top / "tensorboard" / "events", top)
    validate_no_links(top / "none" / "events", top)


@pytest.mark.parametrize("name", ["", "a", "a/b"])
def test_a_folder_that_is_there_is_refused_or_taken_as_asked(name: str, top: Path) -> None:
    make_folder(top / "a" / "b", top)
    assert make_folder(top / name, top) == top / name
    with pytest.raises(FileExistsError) as caught:
        make_folder(top / name, top, exist_ok=False)
    assert caught.value.filename == str(top / name)


@pytest.mark.parametrize("name", ["file", "file/inner"])
def test_a_file_is_no_folder(name: str, top: Path) -> None:
    (top / "file").touch()
    with pytest.raises(InputError, match="file is not a folder"):
        make_folder(top / name, top)
    with pytest.raises(NotADirectoryError):
        make_folder(top / "file", top / "file")
