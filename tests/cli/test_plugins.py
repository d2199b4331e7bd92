"""`platform plugins`: what is installed, what is broken, and what can be set."""

from __future__ import annotations

import json
from pathlib import Path


def test_the_list_names_every_declaration_and_where_it_comes_from(platform) -> None:
    answer = platform("plugins", "list")
    assert answer.code == 0
    for name in ("conv_tt_lstm", "moving_mnist", "ssim", "video_prediction", "tensorboard"):
        assert name in answer.out
    assert "framecast 0." in answer.out


def test_the_list_for_programs_holds_the_same(platform) -> None:
    listing = json.loads(platform("plugins", "list", "--json").out)
    declared = [(each["kind"], each["name"]) for each in listing["declarations"]]
    assert ("model", "conv_lstm") in declared
    assert listing["broken"] == []


def test_a_broken_plugin_and_a_blocked_one_are_shown_and_break_nothing(platform) -> None:
    Path("cell.py").write_text("raise RuntimeError('no licence')\n")
    answer = platform("plugins", "list", "-p", "./cell.py", "-p", "no:tensorboard")
    assert answer.code == 0
    assert "broken: cell (" in answer.out
    assert "RuntimeError: no licence" in answer.out
    assert "switched off: tensorboard" in answer.out
    assert "conv_tt_lstm" in answer.out


def test_info_shows_the_constraints_and_every_setting(platform) -> None:
    answer = platform("plugins", "info", "conv_tt_lstm")
    assert "constraint: order <= steps" in answer.out
    assert "rank: whole number >= 1 <= 4096, or list of whole number >= 1 <= 4096, default 8" in answer.out
    (described,) = json.loads(platform("plugins", "info", "conv_tt_lstm", "--json").out)
    assert {row["key"] for row in described["settings"]} >= {"rank", "order", "steps", "kernel_size"}


def test_info_on_a_plugin_without_settings_says_so(platform) -> None:
    assert "it has no settings" in platform("plugins", "info", "black").out


def test_an_unknown_name_is_answered_with_the_nearest(platform) -> None:
    answer = platform("plugins", "info", "conv_lsmt")
    assert answer.code == 2
    assert "did you mean conv_lstm?" in answer.err


def test_a_plugin_file_that_is_not_there_exits_with_2(platform) -> None:
    answer = platform("plugins", "list", "-p", "./no.py")
    assert answer.code == 2
    assert "no.py" in answer.err
