"""A command for a run on a cluster is given to that cluster as the user wrote it."""

from __future__ import annotations

from typing import Any

import pytest
import typer

from framecast.cli.app import app
from framecast.cli.remote import words_of


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (["status", "demo"], ["status", "20260101"]),
        (["status", "demo", "--json", "--runs", "/here", "--address", "lab"], ["status", "--json", "20260101"]),
        (["logs", "-f", "demo", "--rank", "0"], ["logs", "--follow", "--rank", "0", "20260101"]),
        (
            ["results", "demo", "--best", "3", "--job", "best"],
            ["results", "--best", "3", "--job", "best", "20260101"],
        ),
        (
            ["extend", "demo", "--trials", "0", "search.parameters.model.rank.int=[1, 9]", "--trust"],
            ["extend", "--trials", "0", "--trust", "20260101", "search.parameters.model.rank.int=[1, 9]"],
        ),
    ],
)
def test_every_option_travels_but_those_of_this_machine(given: list[str], sent: list[str]) -> None:
    verb, *arguments = given
    commands: Any = typer.main.get_command(app)
    with commands.commands[verb].make_context(verb, arguments) as ctx:
        assert words_of(ctx, run="20260101") == sent


def test_a_list_without_a_run_is_sent_as_it_is() -> None:
    commands: Any = typer.main.get_command(app)
    with commands.commands["list"].make_context("list", ["demo", "--json", "--address", "lab"]) as ctx:
        assert words_of(ctx) == ["list", "--json", "demo"]
