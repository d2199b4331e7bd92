"""Which core sees which state: the tables of the docstring, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framecast_conv_tt_lstm.windows import Windows


@st.composite
def windows(draw):
    kind, order = draw(st.sampled_from(["sliding", "fixed"])), draw(st.integers(1, 6))
    ranks = draw(st.lists(st.integers(1, 9), min_size=order, max_size=order))
    return Windows.of(order, draw(st.integers(order if kind == "sliding" else 1, 9)), ranks, kind)


def seen(windows):
    """The states that each core sees, counted from the oldest."""
    return [[windows.state(core, place) for place in range(windows.length)] for core in range(windows.order)]


def test_sliding_windows_start_one_state_later_in_each_core():
    assert seen(Windows.of(3, 5, 8)) == [[0, 1, 2], [1, 2, 3], [2, 3, 4]]


def test_fixed_windows_see_every_state_in_each_core():
    assert seen(Windows.of(3, 5, 8, "fixed")) == [[0, 1, 2, 3, 4]] * 3


def test_fixed_windows_may_have_more_cores_than_states():
    assert seen(Windows.of(4, 2, 8, "fixed")) == [[0, 1]] * 4


def test_with_one_core_both_kinds_are_the_same():
    assert seen(Windows.of(1, 4, 8)) == seen(Windows.of(1, 4, 8, "fixed")) == [[0, 1, 2, 3]]


def test_with_as_many_cores_as_states_each_sliding_window_is_one_state():
    assert seen(Windows.of(3, 3, 8)) == [[0], [1], [2]]


def test_one_rank_is_that_of_every_core():
    assert Windows.of(3, 5, 8) == Windows.of(3, 5, [8, 8, 8])


def test_the_newest_state_is_seen_by_the_last_sliding_core_alone():
    windows = Windows.of(3, 5, 8)

    assert [list(windows.cores(age)) for age in range(5)] == [[2], [1, 2], [0, 1, 2], [0, 1], [0]]


def test_kernels_are_sorted_by_age_then_core():
    windows = Windows.of(2, 3, 8)

    # the newest state is the last of core 1, the one before the first of core 1 and the last of core 0
    assert list(windows.places()) == [(0, 1, 1), (1, 0, 1), (1, 1, 0), (2, 0, 0)]


@given(windows())
def test_the_places_are_those_of_every_core_exactly_once(windows):
    found = list(windows.places())

    places = [(core, place) for _, core, place in found]
    assert sorted(places) == [(core, place) for core in range(windows.order) for place in range(windows.length)]
    assert found == sorted(found, key=lambda each: each[:2])


@given(windows())
def test_a_place_sees_the_state_of_its_age(windows):
    for age, core, place in windows.places():
        assert windows.state(core, place) == windows.steps - 1 - age
        assert core in windows.cores(age)


@given(windows())
def test_the_rows_of_the_ages_are_those_of_the_places_one_after_another(windows):
    rows = [(core, channel) for _, core, _ in windows.places() for channel in range(windows.rank[core])]
    channels = [(core, channel) for core, rank in enumerate(windows.rank) for channel in range(rank)]

    assert len(windows.ages) == windows.steps
    for taken, span in windows.ages:
        assert rows[taken] == channels[span]
    assert [row for taken, _ in windows.ages for row in rows[taken]] == rows


@given(windows())
def test_the_spans_of_the_cores_are_all_channels_one_after_another(windows):
    channels = list(range(windows.channels))

    assert [channels[windows.span(core)] for core in range(windows.order)] == [
        channels[sum(windows.rank[:core]) : sum(windows.rank[: core + 1])] for core in range(windows.order)
    ]
    assert windows.channels == sum(windows.rank)


@pytest.mark.parametrize(
    ("train", "message"),
    [
        ((4, 3, 8), r"order \(4\) must not exceed steps \(3\)"),
        ((0, 3, 8), r"order \(0\) must be at least 1"),
        ((0, 3, []), r"order \(0\) must be at least 1"),
        ((-1, 3, 8), r"order \(-1\) must be at least 1"),
        ((1, 0, 8, "fixed"), r"steps \(0\) must be at least 1"),
        ((2, 3, 0), r"rank \(0, 0\) must be at least 1"),
        ((2, 3, [4, 0]), r"rank \(4, 0\) must be at least 1 in every core"),
        ((2, 3, [4, 4, 4]), r"rank names 3 cores and order 2"),
        ((2, 3, 8, "growing"), r"window \('growing'\) must be one of sliding, fixed"),
    ],
)
def test_what_is_no_tensor_train_is_refused_with_the_numbers(train, message):
    with pytest.raises(ValueError, match=message):
        Windows.of(*train)
