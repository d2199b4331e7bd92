"""Taking frames by time, against the rule written down for one instant after another."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framecast.data.resampling import find_time_breaks, rate_range, resample_times

INTERVALS = st.lists(st.integers(1, 900), min_size=1, max_size=30)


@given(INTERVALS, st.sampled_from([1, 5, 10, 24, 25, 30, 60]))
def test_each_instant_takes_the_newest_frame_that_is_due(intervals, rate):
    times = np.concatenate([[7], 7 + np.cumsum(intervals)]) / 1000
    taken, breaks = resample_times(times[:-1].tolist(), intervals[-1] / 1000, rate, 0)
    instants = times[0] + np.arange(1000 * rate) / rate
    expected = [int((times <= instant + 1e-9).sum()) - 1 for instant in instants if instant < times[-1] - 1e-9]

    assert taken == expected
    assert not breaks


def test_a_constant_rate_is_left_as_it_is_whatever_the_clock_rounds_to():
    for rate, clock in ((30, 1000), (29.97, 1000), (24, 1000), (25, 25), (30, 100), (60, 90000)):
        times = [round(clock * number / rate) / clock for number in range(300)]
        taken, _ = resample_times(times, 1 / rate, rate, 1 / clock)
        assert taken == list(range(300)), (rate, clock)


def test_slower_and_faster_rates_drop_and_repeat():
    times = [number / 30 for number in range(30)]

    assert resample_times(times, 1 / 30, 10, 1e-5)[0] == list(range(0, 30, 3))
    assert resample_times(times[:4], 1 / 30, 60, 1e-5)[0] == [0, 0, 1, 1, 2, 2, 3, 3]


def test_a_clock_that_jumps_begins_a_new_stretch_instead_of_a_million_frames():
    times = [0.0, 0.1, 0.2, 5000.0, 5000.1, 3.0, 3.1]
    taken, breaks = resample_times(times, 0.1, 10, 0.001)

    assert taken == [0, 1, 2, 3, 4, 5, 6]
    assert breaks == [3, 5]


def test_a_single_frame_is_taken_once():
    assert resample_times([4.0], 0, 5, 0.001) == ([0], [])
    assert resample_times([], 0, 5, 0.001) == ([], [])


def test_time_breaks_are_jumps_back_and_long_pauses():
    steady = [number / 25 for number in range(50)]

    assert find_time_breaks(steady) == []
    assert find_time_breaks([*steady, *(time + 60 for time in steady)]) == [50]
    assert find_time_breaks([*steady, *steady]) == [50]
    assert find_time_breaks([*steady, *(2.4 + number / 5 for number in range(20))]) == []
    assert find_time_breaks([]) == find_time_breaks([1.0]) == []


@pytest.mark.parametrize(
    ("times", "rates"),
    [
        ([0, 0.04, 0.08, 0.12], (25, 25)),
        ([0, 0.033, 0.067, 0.1, 0.133, 0.167, 0.2], (30, 30)),
        ([*np.arange(12) / 10, *np.arange(13, 20) / 10], (10, 10)),
        ([0, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9], (5, 10)),
    ],
    ids=["exact", "rounded", "one frame lost", "variable"],
)
def test_rates_are_those_seen(times, rates):
    assert rate_range(times, []) == pytest.approx(rates, rel=0.01)


def test_breaks_do_not_count_as_slow_frames():
    assert rate_range([0, 0.1, 0.2, 60.2, 60.3], [3]) == pytest.approx((10, 10))
    assert rate_range([1.0], []) is None
