"""`platform list`: every run, the newest first."""

from __future__ import annotations

import json


def test_where_there_are_no_runs_it_says_how_to_start_one(platform) -> None:
    answer = platform("list")
    assert answer.code == 0
    assert "platform submit jobs/demo.yaml" in answer.out
    assert json.loads(platform("list", "--json").out) == []


def test_a_run_is_listed_with_its_state_and_best_value(trained, platform) -> None:
    answer = platform("list", "--runs", trained.root)
    header, row = answer.out.splitlines()
    assert header.split() == ["run", "started", "job", "state", "step", "of", "best", "monitor"]
    assert row.split()[0] == trained.folder.name
    assert row.split()[3:7] == ["tiny", "finished", "2", "2"]


def test_the_listing_for_programs_holds_the_same(trained, platform) -> None:
    (row,) = json.loads(platform("list", "--runs", trained.root, "--json").out)
    assert (row["run"], row["state"], row["step"], row["of"]) == (trained.folder.name, "finished", 2, 2)
    assert row["monitor"] == "validation/loss"
    assert row["best"] > 0


def test_only_the_runs_of_one_job_are_listed_when_it_is_named(trained, platform) -> None:
    assert len(json.loads(platform("list", "tiny", "--runs", trained.root, "--json").out)) == 1
    assert json.loads(platform("list", "kth", "--runs", trained.root, "--json").out) == []


def test_the_root_may_come_from_the_environment(trained, platform, monkeypatch) -> None:
    monkeypatch.setenv("FRAMECAST_RUNS", str(trained.root))
    assert len(json.loads(platform("list", "--json").out)) == 1
