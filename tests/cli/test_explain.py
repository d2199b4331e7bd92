"""`platform explain KEY`."""

from __future__ import annotations

import json

import pytest


def test_a_key_is_explained_in_words(platform) -> None:
    answer = platform("explain", "model.rank")
    assert answer.code == 0
    assert (
        "model.rank: whole number >= 1 <= 4096, or list of whole number >= 1 <= 4096, default 8"
        "  (model conv_tt_lstm, conv_tt_lstm_recognition)" in answer.out
    )
    assert "Channels that leave a core" in answer.out


def test_a_key_is_explained_to_programs(platform) -> None:
    (row,) = json.loads(platform("explain", "training.epochs", "--json").out)
    assert (row["key"], row["default"]) == ("training.epochs", "10")


def test_an_unknown_key_exits_with_2_and_the_nearest(platform) -> None:
    answer = platform("explain", "training.epoch")
    assert answer.code == 2
    assert "did you mean training.epochs?" in answer.err


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("search.trials", "search.trials: whole number >= 1 <= 100000, default 20"),
        (
            "search.parameters.model.rank",
            "What one setting may be: exactly one of choice, grid, int, float and log.",
        ),
        ("search.parameters.model.rank.log", "as likely to be in each decade"),
    ],
)
def test_a_search_is_explained_also_below_keys_of_ones_own_choice(platform, key: str, said: str) -> None:
    answer = platform("explain", key)
    assert answer.code == 0, answer.err
    assert said in answer.out


def test_the_choices_of_a_key_have_a_line_each(platform) -> None:
    said = platform("explain", "training.schedule.name").out
    assert "    constant  the same rate until the end" in said
    assert "    cosine    down to a hundredth" in said


def test_a_section_is_followed_by_its_keys(platform) -> None:
    said = platform("explain", "training").out
    assert "see below" not in said
    assert "training.epochs: whole number >= 1, default 10" in said
    assert "its keys: platform explain training.optimizer" in said


def test_what_several_plugins_say_alike_is_printed_once(platform) -> None:
    said = platform("explain", "data.augmentation.flip").out
    assert said.count("Mirrors half of the clips") == 1
    assert "(data gridded, kth, something_something, video_folder)" in said


def test_without_a_key_sections_and_plugins_are_listed(platform) -> None:
    answer = platform("explain")
    assert answer.code == 0
    for words in ("training", "model, one of:", "conv_tt_lstm", "callbacks, any of:", "platform explain training"):
        assert words in answer.out
    assert json.loads(platform("explain", "--json").out)["plugins"]["task"]
