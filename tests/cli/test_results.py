"""`platform results` and `extend`, and what the other verbs make of a search."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from framecast.search.search_folder import SearchFolder
from tests.made_searches import made_search

RANK = {"model.rank": {"int": [1, 64]}}
TRIALS = [
    ("finished", {"model.rank": 8}, [0.5, 0.2]),
    ("finished", {"model.rank": 2}, [0.6, 0.4]),
    ("stopped", {"model.rank": 32}, [0.9]),
    ("failed", {"model.rank": 4}, []),
]


@pytest.fixture
def search(runs: Path, tiny_job: Callable[..., dict[str, Any]]) -> SearchFolder:
    return made_search(runs, tiny_job(), TRIALS, parameters=RANK, trials=4)


def test_results_are_a_table_the_best_first(platform: Any, search: SearchFolder) -> None:
    answer = platform("results", "looked_for", "--runs", search.root)
    assert answer.code == 0, answer.err
    header, *rows, states = answer.out.splitlines()
    assert header.split() == ["trial", "state", "epoch", "rank", "validation/mse", "parameters"]
    assert [row.split()[0] for row in rows] == ["1*", "2*", "3", "4"]
    assert rows[3].endswith("out of <memory>")
    assert states == "2 finished, 1 stopped, 1 failed"


def test_results_for_programs(platform: Any, search: SearchFolder) -> None:
    found = json.loads(platform("results", search.id, "--json", "--best", "1", "--runs", search.root).out)
    assert found["states"] == {"finished": 2, "stopped": 1, "failed": 1}
    assert [row["model.rank"] for row in found["trials"]] == [8]


def test_the_job_of_the_best_trial_is_a_job_file(platform: Any, search: SearchFolder, tmp_path: Path) -> None:
    file = tmp_path / "job.yaml"
    file.write_text(platform("results", search.id, "--job", "best", "--runs", search.root).out)
    job = YAML(typ="safe").load(file.read_text())
    assert (job["name"], job["model"]["rank"], job.get("search")) == ("looked_for-trial-1", 8, None)
    assert platform("submit", file, "--dry-run").code == 0


def test_the_winner_is_trained_at_full_length(platform: Any, search: SearchFolder) -> None:
    options = ("--from", f"{search.id}#best", "--runs", search.root, "--dry-run")
    plan = YAML(typ="safe").load(platform("submit", "training.epochs=77", *options).out)
    assert plan["job"]["model"]["rank"] == 8
    assert plan["job"]["training"]["epochs"] == 77
    assert "search" not in plan["job"]


def test_a_trial_that_is_not_there_is_refused(platform: Any, search: SearchFolder) -> None:
    answer = platform("results", search.id, "--job", "9", "--runs", search.root)
    assert (answer.code, answer.err) == (2, "there is no trial '9': write a number from 1 to 4, or best\n")


def test_a_search_is_listed_among_the_runs(platform: Any, search: SearchFolder) -> None:
    (row,) = json.loads(platform("list", "--json", "--runs", search.root).out)
    assert row == {
        "run": search.id,
        "kind": "search",
        "job": "looked_for",
        "started": row["started"],
        "state": "finished",
        "step": 4,
        "of": 4,
        "best": 0.2,
        "monitor": "validation/mse",
        "reason": row["reason"],
        "seconds": row["seconds"],
        "folder": str(search.path),
    }


def test_what_would_make_trials_incomparable_is_refused(platform: Any, search: SearchFolder) -> None:
    before = (search.path / "search.yaml").read_text()
    answer = platform("extend", search.id, "training.epochs=50", "--trials", "5", "--runs", search.root)
    assert answer.code == 2
    assert "training.epochs=50: a search is extended in search.* only" in answer.err
    answer = platform("resume", search.id, "training.epochs=50", "--runs", search.root)
    assert answer.code == 2
    assert "a search is resumed as it is" in answer.err
    impossible = "search.parameters.model.rank.int=[0, 0]"
    assert platform("extend", search.id, impossible, "--trials", "5", "--runs", search.root).code == 2
    assert (search.path / "search.yaml").read_text() == before


def test_an_impossible_space_is_refused_before_anything_starts(platform: Any, tmp_path: Path, runs: Path) -> None:
    job = tmp_path / "job.yaml"
    job.write_text(
        "name: none\ntask: {name: video_prediction}\nmodel: {name: conv_tt_lstm}\ndata: {name: moving_mnist}\n"
        "search: {parameters: {model.order: {int: [4, 5]}, model.steps: {int: [1, 3]}}}\n"
    )
    answer = platform("submit", job)
    assert answer.code == 2
    assert "none of 10,000 points drawn is allowed" in answer.err
    assert "order <= steps is required" in answer.err
    assert not list(runs.rglob("search.yaml"))
