"""Commands are printed and documented so that a shell takes them as they stand, zsh included."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest

from framecast.command_line import command, display_path

ROOT = Path(__file__).parents[1]
TEXTS = sorted(
    file
    for pattern in ("*.md", "docs/**/*.md", "examples/**/*.md", "jobs/*.yaml", "deploy/**/*", "platform/**/*.py")
    for file in ROOT.glob(pattern)
    if file.is_file() and file.name != "command_line.py"
)
_UNQUOTED = re.compile(r"(?<!['\"\w.=])[A-Za-z_][\w.]*=[^\s'\"`]*[\[{*?]")


def unquoted(text: str) -> list[str]:
    """Settings in commands, continued lines among them, that zsh would take for patterns."""
    found, continued = [], False
    for line in text.splitlines():
        ours = continued or re.search(r"\bplatform [a-z]+ ", line)
        continued = bool(ours) and line.rstrip().endswith("\\")
        found += _UNQUOTED.findall(line) if ours else []
    return found


@pytest.mark.parametrize("file", TEXTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_documented_commands_are_quoted(file: Path) -> None:
    assert not unquoted(file.read_text())


def test_the_search_for_unquoted_settings_finds_them() -> None:
    assert unquoted("platform submit a.yaml model.layers=[1]") == ["model.layers=["]
    assert unquoted("platform submit a.yaml \\\n  x=1 data={name: a}") == ["data={"]
    assert not unquoted("platform submit a.yaml 'model.layers=[1]' \"data={name: a}\"")


def test_every_command_with_words_of_the_user_in_it_is_printed_by_the_one_function() -> None:
    """`platform resume {run}` in an f-string would lose the quotes that a blank or a bracket needs."""
    by_hand = re.compile(r"platform [a-z]+[^\"'`]*\{")
    sources = [*ROOT.glob("platform/**/*.py"), *ROOT.glob("plugins/**/*.py"), *ROOT.glob("examples/**/*.py")]
    assert len(sources) > 200
    assert not [
        f"{file.relative_to(ROOT)}: {line.strip()}"
        for file in sources
        for line in file.read_text().splitlines()
        if by_hand.search(line)
    ]


@pytest.mark.parametrize(
    "word",
    ["model.layers=[1, 2]", "my run", "it's", "a#best", "x*", "data={name: a}", "~/x", "$HOME", "naïve.mp4"],
)
def test_a_printed_word_arrives_as_it_was_meant(word: str) -> None:
    assert shlex.split(command("predict", word))[-2:] == ["predict", word]


def test_words_that_need_no_quotes_have_none() -> None:
    assert command("extend", "20260101-120000-abcd", "--trials", 10).endswith(
        " extend 20260101-120000-abcd --trials 10"
    )


def test_the_program_is_written_so_that_it_can_be_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FRAMECAST_COMMAND", raising=False)
    program = tmp_path / "my bin" / "platform"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "argv", [str(program)])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "/nowhere")
    assert command("list") == "'my bin/platform' list"
    monkeypatch.setenv("PATH", str(program.parent))
    assert command("list") == "platform list"
    monkeypatch.setattr(sys, "argv", ["/x/framecast/__main__.py"])
    assert command("list") == "python -m framecast list"
    monkeypatch.setattr(sys, "argv", ["/x/ray/default_worker.py"])
    assert command("list") == "platform list"
    monkeypatch.setenv("FRAMECAST_COMMAND", "platform")  # what a cluster is told
    assert command("list") == "platform list"


def test_a_path_is_shown_as_seen_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert display_path(tmp_path / "runs" / "a") == "runs/a"
    assert display_path(Path("/elsewhere/a")) == "/elsewhere/a"
