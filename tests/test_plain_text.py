"""No name that somebody chose commands the terminal it is shown on."""

from __future__ import annotations

import pytest

from framecast.plain_text import one_line, plain


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
        ("\x1b]8;;http://x\x1b\\here", "\\x1b]8;;http://x\\x1b\\here"),
        ("no\u2028line, \u200fmark, \U000e0041tag", "no\\u2028line, \\u200fmark, \\ue0041tag"),
    ],
)
def test_control_characters_are_spelled_out_and_all_else_stays(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_colours_may_stay_but_nothing_that_moves_the_cursor_or_writes_elsewhere() -> None:
    assert plain("\x1b[32mgreen\x1b[0m \x1b[1A\x1b]52;c;AA\x07", colours=True) == (
        "\x1b[32mgreen\x1b[0m \\x1b[1A\\x1b]52;c;AA\\x07"
    )
    assert plain("\x1b[32mgreen") == "\\x1b[32mgreen"


@pytest.mark.parametrize("hiding", ["\x1b[8m", "\x1b[30;40m", "\x1b[48;5;0m", "\x1b[5m", "\x1b[38;5;1;8m"])
def test_no_colour_hides_what_follows(hiding: str) -> None:
    assert plain(f"{hiding}text", colours=True) == f"{hiding}text".replace("\x1b", "\\x1b")


def test_a_colour_ends_with_its_text() -> None:
    assert plain("\x1b[31mred", colours=True) == "\x1b[31mred\x1b[0m"


def test_a_name_in_a_listing_adds_no_line() -> None:
    assert one_line("run\nfinished\tat step 5\r") == "run\\nfinished\\tat step 5\\x0d"
