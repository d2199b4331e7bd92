"""How text names a run, a search or a trial, wherever it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from framecast.errors import InputError
from framecast.runs.remote_run import RemoteLocation, RemoteRun
from framecast.runs.run_folder import RunFolder
from framecast.search.find import all_folders, find, find_run, find_search, title_of
from framecast.search.search_folder import SearchFolder
from tests.made_runs import made_run, three_runs
from tests.made_searches import made_search


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return three_runs(tmp_path)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("20260101-120000-aaaa", "20260101-120000-aaaa"),
        ("20260102", "20260102-120000-bbbb"),
        ("20260103-12", "20260103-120000-cccc"),
        ("demo", "20260102-120000-bbbb"),
        ("kth", "20260103-120000-cccc"),
    ],
)
def test_a_run_is_found_by_its_id_a_prefix_of_it_or_its_job(text: str, found: str, root: Path) -> None:
    assert find(text, root).folder.id == found


def test_a_run_is_found_by_its_path_wherever_it_lies(root: Path, tmp_path: Path) -> None:
    path = root / "demo" / "20260101-120000-aaaa"
    assert find(str(path), tmp_path / "elsewhere").folder.path == path


def test_a_run_is_found_by_a_path_relative_to_here(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root / "demo")
    assert find("20260101-120000-aaaa", Path("/nowhere")).folder.name == "demo"


def test_a_prefix_of_two_runs_is_refused_with_both(root: Path) -> None:
    with pytest.raises(InputError, match="could be 20260103-120000-cccc, 20260102-120000-bbbb, 20260101"):
        find("2026010", root)


@pytest.mark.parametrize("text", ["dmeo", "", ".", "nowhere/at/all", "\0", "#", "dmeo#best", "#1"])
def test_an_unknown_run_is_refused_with_the_way_out(text: str, root: Path) -> None:
    with pytest.raises(InputError, match=r"`platform list` shows all runs|could be"):
        find(text, root)


def test_a_misspelt_job_is_answered_with_the_one_that_is_meant(root: Path) -> None:
    with pytest.raises(InputError, match=r"did you mean demo\?"):
        find("demmo", root)


@pytest.fixture
def search(tmp_path: Path, tiny_job: Callable[..., dict[str, Any]]) -> SearchFolder:
    trials = [("finished", {"model.rank": 8}, [0.5, 0.4]), ("finished", {"model.rank": 2}, [0.3, 0.2])]
    return made_search(tmp_path / "runs", tiny_job(), trials, parameters={"model.rank": {"int": [1, 64]}})


@pytest.mark.parametrize(("trial", "folder"), [("best", "0002"), ("1", "0001"), ("2", "0002"), ("", "0002")])
def test_a_trial_is_found_by_its_number_or_as_the_best(trial: str, folder: str, search: SearchFolder) -> None:
    for name in ("looked_for", search.id, search.id[:13], str(search.path)):
        assert find(f"{name}#{trial}", search.root).folder.path == search.trials_folder / folder
    assert find_run(f"looked_for#{trial}", search.root).plan.is_file()


@pytest.mark.parametrize("trial", ["3", "0", "worst", "-1", "1.0", "best#1"])
def test_a_trial_that_is_not_there_is_refused(trial: str, search: SearchFolder) -> None:
    with pytest.raises(InputError, match="write a number from 1 to 2, or best"):
        find(f"looked_for#{trial}", search.root)


def test_a_trial_is_shown_as_its_searchs(search: SearchFolder) -> None:
    trial = find("looked_for#2", search.root).folder
    assert isinstance(trial, RunFolder)
    assert title_of(trial) == f"looked_for {search.id}#2"
    assert title_of(made_run(search.root, "demo", "20260101-120000-aaaa")) == "demo 20260101-120000-aaaa"


def test_a_run_has_no_trials_and_a_search_is_no_run(search: SearchFolder) -> None:
    made_run(search.root, "demo", "20260101-120000-aaaa")
    with pytest.raises(InputError, match="is a run, not a search: it has no trial 'best'"):
        find("demo#best", search.root)
    with pytest.raises(InputError, match="is a run, not a search"):
        find_search("demo", search.root)
    with pytest.raises(InputError, match=f"is a search: name one of its trials, such as '{search.id}#best'"):
        find_run("looked_for", search.root)
    assert find_search("looked_for", search.root).path == search.path


def test_a_name_with_runs_and_searches_means_the_newest_of_all(search: SearchFolder) -> None:
    older = made_run(search.root, "looked_for", "20200101-120000-aaaa")
    assert find("looked_for", search.root).search
    newer = made_run(search.root, "looked_for", "29991231-120000-aaaa")
    assert find("looked_for", search.root).folder.path == newer.path
    assert [folder.id for folder in all_folders(search.root)] == [newer.id, search.id, older.id]


def test_a_path_with_a_number_sign_is_a_path_first(tmp_path: Path) -> None:
    there = made_run(tmp_path / "a#1", "demo", "20260101-120000-aaaa")
    assert find(str(there.path), tmp_path).folder.path == there.path


def test_a_run_on_a_cluster_is_known_with_its_trial_and_its_copy_once_it_is_here(tmp_path: Path) -> None:
    remote = RemoteRun.at(tmp_path, "demo", "20260101-120000-aaaa")
    remote.note(RemoteLocation("http://head:8265", "20260101-120000-aaaa", None))
    assert find("demo", tmp_path).remote
    assert find("demo#3", tmp_path).text == "20260101-120000-aaaa#3"
    with pytest.raises(InputError, match="on http://head:8265: bring it here with: platform fetch"):
        find_run("demo", tmp_path)
    with pytest.raises(InputError, match="comes from there: platform results 20260101-120000-aaaa --job best"):
        find_search("demo", tmp_path)
    (remote.path / "plan.yaml").write_text("job: {}\n")
    remote.note_copy("", ".", "finished")
    assert find_run("demo", tmp_path).path == remote.path
    assert find("demo", tmp_path).remote, "its cluster still knows it best"
    assert len(all_folders(tmp_path)) == 1


@pytest.mark.parametrize("folder", ["..", "../../other", "/etc", "trials/../../.."])
def test_what_is_noted_of_a_copy_leads_nowhere_else(folder: str, tmp_path: Path) -> None:
    remote = RemoteRun.at(tmp_path, "demo", "20260101-120000-aaaa")
    remote.note(RemoteLocation("http://head:8265", "job", None))
    remote.note_copy("", folder, "finished")
    assert remote.copy() is None
