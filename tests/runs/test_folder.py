"""The run folder: how it is named, and how its files are replaced."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from framecast.errors import InputError
from framecast.files import write_atomically
from framecast.plugin.cause import Cause
from framecast.runs.folder import new_run_id
from framecast.runs.run_folder import RunFolder
from framecast.runs.stop_request import StopRequest
from framecast.runs.stopping import request_stop
from tests.made_runs import three_runs


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return three_runs(tmp_path)


def test_all_runs_are_listed_with_the_newest_first(root: Path) -> None:
    assert [folder.id[-4:] for folder in RunFolder.all(root)] == ["cccc", "bbbb", "aaaa"]
    assert RunFolder.all(root / "nothing here") == []


def test_a_new_run_has_a_name_an_id_and_its_folders(tmp_path: Path) -> None:
    new = RunFolder.create(tmp_path, "demo")
    assert (new.name, new.root) == ("demo", tmp_path)
    assert new.checkpoints.is_dir()
    assert new.logs.is_dir()
    assert RunFolder.create(tmp_path, "demo").id != new.id


def test_ids_are_in_utc_so_that_they_sort_wherever_they_were_made(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    for zone in ("Pacific/Kiritimati", "America/Adak"):  # 24 hours apart
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        made.append(new_run_id()[:11])
    monkeypatch.undo()
    time.tzset()
    assert made == [time.strftime("%Y%m%d-%H", time.gmtime())] * 2


def test_a_folder_that_cannot_be_made_is_the_users_problem(tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("a file where the job's folder should be")
    with pytest.raises(InputError, match="cannot make the run folder"):
        RunFolder.create(tmp_path, "demo")


def test_a_request_to_stop_is_seen_until_it_is_cleared(root: Path) -> None:
    folder = RunFolder.all(root)[0]
    assert folder.stop_requested() is None
    request = StopRequest(Cause.STOP_COMMAND, "enough")
    request_stop(folder, request)
    assert RunFolder(folder.path).stop_requested() == request
    folder.clear_stop()
    folder.clear_stop()
    assert folder.stop_requested() is None


def test_writing_replaces_the_whole_file_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    write_atomically(file, "a long first version")
    write_atomically(file, b"short")
    assert file.read_text() == "short"
    assert os.listdir(tmp_path) == ["plan.yaml"]


def test_a_write_that_fails_leaves_the_old_content_and_nothing_else(tmp_path: Path) -> None:
    """A folder in the file's place cannot be replaced."""
    (tmp_path / "plan.yaml" / "inner").mkdir(parents=True)
    with pytest.raises(InputError, match=r"plan\.yaml is a folder"):
        write_atomically(tmp_path / "plan.yaml", "new")
    assert os.listdir(tmp_path) == ["plan.yaml"]
    assert (tmp_path / "plan.yaml" / "inner").is_dir()


def test_a_reader_never_sees_a_part(tmp_path: Path) -> None:
    """An open file keeps the content it had: the new one is another file, moved over the name."""
    file = tmp_path / "status"
    write_atomically(file, "old")
    with open(file) as reader:
        write_atomically(file, "new")
        assert reader.read() == "old"
    assert file.read_text() == "new"
