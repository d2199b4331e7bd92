"""Folders in which stores are made: one process at a time, and only what a preparation has written is deleted."""

from __future__ import annotations

import fcntl
import os

import pytest

from framecast.data import prepare_store
from framecast.errors import InputError
from tests.folder_content import folder_content


def test_only_one_process_prepares_a_folder(sources, format, tmp_path):
    work = tmp_path / "s.preparing"
    work.mkdir()
    with open(work / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(InputError, match="is being prepared by another process: wait for it, or stop it"):
            prepare_store(tmp_path / "s", sources, format, processes=1)

    assert prepare_store(tmp_path / "s", sources, format, processes=1).frames


@pytest.fixture
def precious(tmp_path):
    """A folder of the user to which others may put links."""
    folder = tmp_path / "precious"
    (folder / "shards").mkdir(parents=True)
    (folder / "thesis.tex").write_text("years of work")
    (folder / "shards" / "0000.json").write_text("own")
    return folder


@pytest.mark.parametrize("link", ["s.preparing", "s.preparing/shards", "s"])
def test_a_folder_that_is_a_link_is_neither_emptied_nor_replaced(link, sources, format, tmp_path, precious):
    (tmp_path / link).parent.mkdir(exist_ok=True)
    (tmp_path / link).symlink_to(precious)
    before = folder_content(precious)
    with pytest.raises(InputError, match=r"symbolic link|holds shards, which is not of a store"):
        prepare_store(tmp_path / "s", sources, format, processes=1)

    assert folder_content(precious) == before


@pytest.mark.parametrize("link", ["lock", "signature", "shards/0000.frames", "shards/0000.json", "index.json"])
def test_a_file_that_is_a_link_changes_nothing_elsewhere(link, sources, format, tmp_path, precious):
    (tmp_path / "s.preparing" / link).parent.mkdir(parents=True)
    (tmp_path / "s.preparing" / link).symlink_to(precious / "thesis.tex")
    before = folder_content(precious)
    with pytest.raises(InputError, match=r"symbolic link|which is not of a store"):
        prepare_store(tmp_path / "s", sources, format, processes=1)

    assert folder_content(precious) == before


@pytest.mark.parametrize("folder", ["s", "s.preparing"])
@pytest.mark.parametrize("name", ["lock", "signature", "shards/0000.frames", "shards/0000.json", "index.json"])
def test_a_file_with_another_name_elsewhere_keeps_its_content(folder, name, sources, format, tmp_path, precious):
    (tmp_path / folder / name).parent.mkdir(parents=True)
    os.link(precious / "thesis.tex", tmp_path / folder / name)
    before = folder_content(precious)
    prepare_store(tmp_path / "s", sources, format, processes=1)

    assert folder_content(precious) == before


@pytest.mark.parametrize("place", ["s", "s.preparing", "s/shards", "s.preparing/shards"])
def test_files_that_are_not_of_a_store_are_never_deleted(place, sources, format, tmp_path):
    (tmp_path / place).mkdir(parents=True)
    (tmp_path / place / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match=r"holds (shards/)?notes.txt, which is not of a store: move it away"):
        prepare_store(tmp_path / "s", sources, format, processes=1)

    assert (tmp_path / place / "notes.txt").read_text() == "mine"


def test_the_folder_above_a_store_may_be_a_link(store, sources, format, tmp_path):
    (tmp_path / "big").mkdir()
    (tmp_path / "data").symlink_to(tmp_path / "big")
    made = prepare_store(tmp_path / "data" / "s", sources, format, processes=1)

    assert folder_content(made.folder) == folder_content(store.folder)
