"""`platform list`: every run, the newest first."""

from __future__ import annotations

import json
import re

import pytest


def test_where_there_are_no_runs_it_says_how_to_start_one(platform) -> None:
    answer = platform("list")
    assert answer.code == 0
    assert "platform submit jobs/demo.yaml" in answer.out
    assert json.loads(platform("list", "--json").out) == []


def test_a_run_is_listed_with_its_state_and_best_value(trained, platform) -> None:
    answer = platform("list", "--runs", trained.root)
    header, row, more = answer.out.splitlines()
    assert header.split() == ["run", "job", "state", "step", "best"]
    assert row.split()[:6] == [trained.folder.name, "tiny", "finished", "2", "of", "2"]
    assert row.endswith(" loss at step 2")
    assert re.fullmatch(r"    conv_lstm on moving_mnist, started \d{4}-\d\d-\d\d \d\d:\d\d, took [\d.]+ m?s", more)


@pytest.mark.parametrize("columns", [60, 80, 110])
def test_no_line_is_wider_than_the_terminal(columns: int, trained, platform, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    assert all(len(line) <= columns for line in platform("list", "--runs", trained.root).out.splitlines())


def test_a_wide_terminal_has_a_line_for_each_run(trained, platform, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "140")
    header, row = platform("list", "--runs", trained.root).out.splitlines()
    assert header.split() == ["run", "started", "took", "job", "model", "data", "state", "step", "best"]
    assert {"tiny", "conv_lstm", "moving_mnist", "finished"} <= set(row.split())


def test_the_listing_for_programs_holds_the_same(trained, platform) -> None:
    (row,) = json.loads(platform("list", "--runs", trained.root, "--json").out)
    assert (row["run"], row["state"], row["step"], row["of"]) == (trained.folder.name, "finished", 2, 2)
    assert row["monitor"] == "validation/loss"
    assert row["best"] > 0
    assert (row["model"], row["data"]) == ("conv_lstm", "moving_mnist")
    assert (row["attempts"], row["epoch"], row["reason"]) == (1, 1, "epochs")
    assert 0 < row["seconds"] < 600
    assert row["folder"] == str(trained.folder)


def test_only_the_runs_of_one_job_are_listed_when_it_is_named(trained, platform) -> None:
    assert len(json.loads(platform("list", "tiny", "--runs", trained.root, "--json").out)) == 1
    assert json.loads(platform("list", "kth", "--runs", trained.root, "--json").out) == []


def test_the_root_may_come_from_the_environment(trained, platform, monkeypatch) -> None:
    monkeypatch.setenv("FRAMECAST_RUNS", str(trained.root))
    assert len(json.loads(platform("list", "--json").out)) == 1
