"""Every verb explains itself; errors become words and exit codes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
import typer.main

from framecast.cli.app import PANELS, app
from framecast.cli.verbs import OTHER_WORDS

VERBS = [verb for verbs in PANELS.values() for verb in verbs]
GROUPS = ("data", "plugins")
COMMANDS = [
    *(verb for verb in VERBS if verb not in GROUPS),
    *("plugins list", "plugins info", "plugins new", "plugins check", "data prepare", "data info"),
]


def test_every_verb_stands_in_the_help_under_its_section(platform) -> None:
    said = platform("--help").out
    for panel, verbs in PANELS.items():
        listed = said.partition(f"\n{panel}:\n")[2].partition("\n\n")[0]
        assert [line.split()[0] for line in listed.splitlines() if line[2] != " "] == list(verbs)
    assert set(typer.main.get_group(app).commands) == set(VERBS)


@pytest.mark.parametrize("command", ["", *GROUPS])
@pytest.mark.parametrize("columns", [60, 80, 110])
def test_no_line_of_the_help_is_cut_or_too_long(command: str, columns: int, platform, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    said = platform(*command.split(), "--help").out
    assert "..." not in said.replace("[ARGS]...", "")
    assert all(len(line) <= columns for line in said.splitlines())


@pytest.mark.parametrize("command", COMMANDS)
def test_every_verb_shows_an_example(command: str, platform, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "110")
    said = platform(*command.split(), "--help").out
    assert re.search(rf"\n  platform {command}( |\n)", said)


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
    ["frobnicate", "evaluate", "submit job.yaml --frobnicate", "status", "plugins lst", "list a b"],
)
def test_a_command_that_is_not_one_exits_with_2(arguments: str, platform) -> None:
    answer = platform(*arguments.split())
    assert answer.code == 2
    assert "Usage" in answer.err
    assert "Traceback" not in answer.err


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("train", "platform submit JOB"),
        ("run", "platform submit JOB"),
        ("Train", "platform submit JOB"),
        ("tarin", "platform submit JOB"),
        ("compare", "platform report RUN RUN"),
        ("clean", "delete the folder"),
        ("rm", "delete the folder"),
        ("ls", "platform list"),
        ("show", "platform status RUN"),
        ("test", "platform evaluate RUN"),
        ("kill", "platform stop RUN"),
        ("help", "platform --help"),
        ("version", "platform --version"),
        ("sumbit", "Did you mean submit?"),
        ("demo.yaml", "platform submit demo.yaml"),
        ("zzzz", "Choose from: submit, resume"),
        ("plugins ls", "platform plugins list"),
        ("plugins create", "platform plugins new"),
        ("plugins lst", "Did you mean list?"),
        ("data download", "platform data prepare NAME"),
        ("data list", "platform plugins list"),
        ("submit demo --epochs 3", "settings have no dashes: training.epochs=VALUE"),
        ("submit demo --lr=1e-3", "settings have no dashes: training.optimizer.learning_rate=VALUE"),
        ("submit demo --model.rank 3", "settings have no dashes: model.rank=VALUE"),
        ("resume demo --epochs 3", "settings have no dashes: training.epochs=VALUE"),
        ("evaluate demo --batch-size 3", "settings have no dashes: training.batch_size=VALUE"),
        ("submit demo --dryrun", "Did you mean --dry-run"),
        ("status demo --jsn", "--json"),
    ],
)
def test_a_word_of_another_program_is_answered_with_what_to_use_here(words: str, answer: str, platform) -> None:
    said = platform(*words.split())
    assert said.code == 2
    assert answer in " ".join(said.err.split())


def test_every_word_for_a_verb_names_one_that_exists() -> None:
    verbs = set(VERBS)
    for advice in OTHER_WORDS.values():
        named = advice.partition("platform ")[2].split()[0]
        assert named in verbs | {"--help", "--version", "list;"}, advice


def test_the_version_is_printed(platform) -> None:
    answer = platform("--version")
    assert (answer.code, answer.out) == (0, f"framecast {metadata.version('framecast')}\n")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_the_verbs(shell: str) -> None:
    asked = {
        "_PLATFORM_COMPLETE": f"complete_{shell}",
        "_TYPER_COMPLETE_ARGS": "platform sub",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        "COMP_WORDS": "platform sub",
        "COMP_CWORD": "1",
    }
    program = Path(sys.executable).parent / "platform"
    done = subprocess.run([program], env=os.environ | asked, capture_output=True, text=True, check=True)
    assert "submit" in done.stdout
    assert "status" not in done.stdout


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
