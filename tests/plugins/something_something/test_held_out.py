"""Which training clips validate: by id alone."""

from __future__ import annotations

from framecast_something_something.held_out import is_held_out

IDS = [str(number) for number in range(1, 20_001)]


def test_about_the_share_that_was_asked_for_is_held_out():
    held_out = sum(is_held_out(id, 0.1) for id in IDS)

    assert 1_900 < held_out < 2_100


def test_a_larger_share_holds_all_of_a_smaller_one():
    smaller = {id for id in IDS if is_held_out(id, 0.1)}
    larger = {id for id in IDS if is_held_out(id, 0.2)}

    assert smaller < larger


def test_a_share_of_nothing_holds_out_nothing():
    assert not any(is_held_out(id, 0.0) for id in IDS)


def test_the_choice_is_the_same_for_ever():
    # a changed choice would mix what finished runs trained on and validated with
    assert [id for id in IDS[:40] if is_held_out(id, 0.1)] == ["9", "39"]
