"""`platform explain KEY`."""

from __future__ import annotations

import json


def test_a_key_is_explained_in_words(platform) -> None:
    answer = platform("explain", "model.rank")
    assert answer.code == 0
    assert (
        "model.rank: whole number >= 1 <= 4096, or list of whole number >= 1 <= 4096, default 8"
        "  (model conv_tt_lstm)" in answer.out
    )
    assert "Channels that leave a core" in answer.out


def test_a_key_is_explained_to_programs(platform) -> None:
    (row,) = json.loads(platform("explain", "training.epochs", "--json").out)
    assert (row["key"], row["default"]) == ("training.epochs", "10")


def test_an_unknown_key_exits_with_2_and_the_nearest(platform) -> None:
    answer = platform("explain", "training.epoch")
    assert answer.code == 2
    assert "did you mean training.epochs?" in answer.err
