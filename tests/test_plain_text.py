"""No name that somebody chose commands the terminal it is shown on."""

from __future__ import annotations

import pytest

from framecast.plain_text import plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("walk [old] :smile: 日本 é\t\n", "walk [old] :smile: 日本 é\t\n"),
        ("\x1b[2J\x1b]0;title\x07", "\\x1b[2J\\x1b]0;title\\x07"),
        ("over\rwritten\x08", "over\\x0dwritten\\x08"),
        ("gpj.\u202eexe", "gpj.\\u202eexe"),
        ("\x9b31m", "\\x9b31m"),
        (b"caf\xe9.avi".decode("utf-8", "surrogateescape"), "caf\\xe9.avi"),
        ("\ud800", "\\ud800"),
    ],
)
def test_control_characters_are_spelled_out_and_all_else_stays(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_colours_may_stay_but_nothing_that_moves_the_cursor_or_writes_elsewhere() -> None:
    assert plain("\x1b[32mgreen\x1b[0m \x1b[1A\x1b]52;c;AA\x07", colours=True) == (
        "\x1b[32mgreen\x1b[0m \\x1b[1A\\x1b]52;c;AA\\x07"
    )
    assert plain("\x1b[32mgreen") == "\\x1b[32mgreen"
