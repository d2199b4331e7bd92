"""Which file a job's name stands for."""

from __future__ import annotations

from pathlib import Path

import pytest

from framecast.errors import InputError
from framecast.job.job_files import example_jobs, find_job_file


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "mine.yaml").write_text("name: mine")
    (tmp_path / "jobs" / "other.yml").write_text("name: other")
    return tmp_path


@pytest.mark.parametrize(
    ("named", "found"),
    [
        ("mine", "jobs/mine.yaml"),
        ("other", "jobs/other.yml"),
        ("jobs/mine.yaml", "jobs/mine.yaml"),
        # paths are left as they are: reading them says what is wrong
        ("jobs/none.yaml", "jobs/none.yaml"),
        ("none.yaml", "none.yaml"),
        ("folder/mine", "folder/mine"),
        ("", ""),
        ("\0", "\0"),
    ],
)
def test_a_name_is_looked_for_and_a_path_is_taken(named: str, found: str) -> None:
    assert find_job_file(named) == Path(found)


def test_this_folder_comes_before_the_folder_of_jobs(here: Path) -> None:
    (here / "mine.yaml").write_text("name: mine")
    assert find_job_file("mine") == Path("mine.yaml")


def test_the_examples_are_found_from_any_folder() -> None:
    examples = example_jobs()
    assert examples is not None
    assert find_job_file("demo") == examples / "demo.yaml"


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r"no job is called 'mien', here or in ./jobs, did you mean mine\?"):
        find_job_file("mien")
    with pytest.raises(InputError, match=r"choose from: .*demo.*mine.*other"):
        find_job_file("zzz")
