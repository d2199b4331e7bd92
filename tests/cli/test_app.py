"""Every verb explains itself; errors become words and exit codes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from framecast.cli.app import app

VERBS = [
    *("submit", "resume", "list", "status", "logs", "stop", "report"),
    *("evaluate", "predict", "export", "results", "extend", "schema", "explain", "doctor", "data", "plugins"),
]


def test_the_verbs_are_these() -> None:
    assert list(typer.main.get_command(app).commands) == VERBS


@pytest.mark.parametrize("verb", [*VERBS, "plugins list", "plugins info"])
def test_every_verb_has_help_with_a_sentence_of_its_own(verb: str, platform) -> None:
    answer = platform(*verb.split(), "--help")
    assert answer.code == 0
    assert f"platform {verb}" in " ".join(answer.out.split())
    assert answer.err == ""


def test_the_help_lists_every_verb_and_where_to_start(platform) -> None:
    answer = platform("--help")
    assert all(verb in answer.out for verb in VERBS)
    assert "platform submit jobs/demo.yaml" in answer.out


@pytest.mark.parametrize(
    "arguments",
    ["frobnicate", "evaluate", "submit job.yaml --frobnicate", "status", "explain", "plugins lst", "list a b"],
)
def test_a_command_that_is_not_one_exits_with_2(arguments: str, platform) -> None:
    answer = platform(*arguments.split())
    assert answer.code == 2
    assert "Usage" in answer.err
    assert "Traceback" not in answer.err


def test_submit_wants_a_job_or_a_trial_of_a_search(platform) -> None:
    answer = platform("submit")
    assert (answer.code, answer.err) == (2, "name a job file, such as jobs/demo.yaml, or --from SEARCH#best\n")


@pytest.mark.parametrize("verb", ["status", "report", "resume"])
def test_an_unknown_run_exits_with_2_and_a_hint(verb: str, platform) -> None:
    answer = platform(verb, "20990101")
    assert answer.code == 2
    assert answer.err.startswith("no run '20990101' in ")
    assert "platform list" in answer.err


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    """`platform schema | head -1`: the pipe closes long before the schema is written."""
    writer = subprocess.Popen(
        [sys.executable, "-m", "framecast", "schema"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert writer.stdout is not None
    assert writer.stderr is not None
    writer.stdout.close()
    assert "Traceback" not in writer.stderr.read()
    writer.stderr.close()
    assert writer.wait() in (0, 1)


def test_the_command_is_installed_as_platform() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "platform", "--help"], capture_output=True, text=True, check=True
    )
    assert "Train spatio-temporal models" in done.stdout
