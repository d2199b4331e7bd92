"""`platform doctor`: calm on a machine that is fine, its exit codes, and JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from framecast.launch.doctor import examination
from framecast.launch.doctor.check_result import CheckResult

FINE = CheckResult("ok", "memory", "64.0 GiB")
FEW = CheckResult("warn", "open files", "at most 1024", "ulimit -n 65536")


def found(monkeypatch: pytest.MonkeyPatch, *findings: CheckResult) -> None:
    monkeypatch.setattr(examination, "examine", lambda address, storage: list(findings))


def test_this_machine(platform, tmp_path: Path) -> None:
    answer = platform("doctor", "--storage", tmp_path)
    assert answer.code == 0
    assert "FAIL" not in answer.out
    assert f"{tmp_path} can be written" in answer.out
    assert answer.err == ""


def test_storage_is_where_runs_would_go(platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = json.loads(platform("doctor", "--json").out)
    assert content["fine"]
    told = {each["subject"]: each for each in content["findings"]}
    assert told["storage"]["message"] == f"{tmp_path / 'runs'} will be made by the first run"
    assert set(told["storage"]) == {"level", "subject", "message", "remedy", "node"}
    monkeypatch.setenv("FRAMECAST_RUNS", "/proc/no such place")
    answer = platform("doctor", "--json")
    assert answer.code == 1
    assert not json.loads(answer.out)["fine"]


def test_a_line_says_what_was_found_and_what_to_do(platform, monkeypatch: pytest.MonkeyPatch) -> None:
    found(monkeypatch, FINE, FEW)
    answer = platform("doctor")
    assert answer.code == 0  # a warning is not a failure
    assert answer.out.splitlines() == [
        "ok    memory      64.0 GiB",
        "warn  open files  at most 1024 -> ulimit -n 65536",
        "",
        "1 warn",
    ]


def test_what_is_the_same_on_all_nodes_is_said_once(platform, monkeypatch: pytest.MonkeyPatch) -> None:
    both = [CheckResult("ok", "memory", "64.0 GiB", node=node) for node in ("10.0.0.1", "10.0.0.2")]
    found(monkeypatch, *both, CheckResult("FAIL", "node", "no answer", "look there", node="10.0.0.2"))
    answer = platform("doctor", "--address", "auto")
    assert answer.code == 1
    assert answer.out.splitlines() == [
        "ok    memory  64.0 GiB",
        "FAIL  node    no answer -> look there  [10.0.0.2]",
        "",
        "1 FAIL",
    ]


def test_all_fine(platform, monkeypatch: pytest.MonkeyPatch) -> None:
    found(monkeypatch, FINE)
    assert platform("doctor").out.endswith("\n\nall fine\n")


@pytest.mark.parametrize("address", ["http://head:8265", "lab", "head:", ":6379"])
def test_an_address_that_no_machine_can_belong_to_is_wrong_input(address: str, platform) -> None:
    answer = platform("doctor", "--address", address)
    assert answer.code == 2
    assert "write auto, or HOST:PORT" in answer.err
