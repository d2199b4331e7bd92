"""Intervals hold the true mean as often as they say, also where clips overlap and come from few videos.

Each simulation draws scores whose true mean is 0 many times, and counts how often the interval holds it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from framecast.evaluation.cell_sums import MOST_CELLS, CellSums, ScoredClip
from framecast.evaluation.intervals import difference_intervals, reason_for_none, score_intervals, student
from framecast.plugin.clip_origin import ClipOrigin

NOMINAL = 0.95


def sums_of(
    values: np.ndarray, grouped_by: str = "clip", origin: Callable[[int], ClipOrigin] | None = None
) -> CellSums:
    """Of clips (N, columns); NaN has no weight."""
    sums = CellSums(values.shape[1], grouped_by)
    numbers = range(len(values))
    sums.add(np.array(numbers), [origin(n) for n in numbers] if origin else None, values, ~np.isnan(values) + 0.0)
    return sums


def autoregression(random: np.random.Generator, series: int, length: int, correlation: float) -> np.ndarray:
    """(series, length) with mean 0, from its stationary state."""
    noise = random.standard_normal((series, length))
    values = np.empty_like(noise)
    values[:, 0] = noise[:, 0] / math.sqrt(1 - correlation**2)
    for step in range(1, length):
        values[:, step] = correlation * values[:, step - 1] + noise[:, step]
    return values


def means_over_clips(frames: np.ndarray, reach: int, stride: int) -> np.ndarray:
    """(series, clips): clips of `reach` frames that begin `stride` apart."""
    return np.lib.stride_tricks.sliding_window_view(frames, reach, axis=1).mean(-1)[:, ::stride]


def coverage(intervals: Sequence[tuple[float, float]]) -> float:
    return float(np.mean([low <= 0 <= high for low, high in intervals]))


def simulated_series(length: int, reach: int, stride: int, correlation: float, repeats: int = 400) -> float:
    """Coverage over the clips of one long series."""
    frames = autoregression(np.random.default_rng(7), repeats, length, correlation)
    found = []
    for scores in means_over_clips(frames, reach, stride):
        sums = sums_of(scores[:, None], "time", lambda n: ClipOrigin(0, n * stride, n * stride + reach))
        (interval,) = score_intervals(sums, ["mean"])
        found.append((interval.low, interval.high))
    return coverage(found)


def simulated_videos(videos: int, unequal: bool, stride: int, repeats: int = 400, paired: bool = False) -> float:
    """Coverage over clips of 5 frames from videos of 40 frames, or of 10 to 100, that differ among each other."""
    random = np.random.default_rng(videos)
    lengths = np.linspace(10, 100, videos).astype(int) if unequal else np.full(videos, 40)
    scores, origins = [], []
    for video, length in enumerate(lengths.tolist()):
        frames = autoregression(random, repeats, length, 0.8) + 2 * random.standard_normal((repeats, 1))
        scores.append(means_over_clips(frames, 5, stride))
        origins += [ClipOrigin(video, at * stride, at * stride + 5) for at in range(scores[-1].shape[1])]
    found = []
    for row in np.concatenate(scores, 1):
        values = row[:, None]
        if paired:
            hard = random.standard_normal((len(values), 1)) * 30
            first, second = (sums_of(each, "video", origins.__getitem__) for each in (hard, hard + values))
            (interval,) = difference_intervals(first, second, ["mean"])
        else:
            (interval,) = score_intervals(sums_of(values, "video", origins.__getitem__), ["mean"])
        found.append((interval.low, interval.high))
    return coverage(found)


def assert_nominal(found: float, repeats: int = 400) -> None:
    """Within 93 to 97 %, and the error of so many repeats."""
    error = 2 * math.sqrt(NOMINAL * (1 - NOMINAL) / repeats)
    assert 0.93 - error <= found <= 0.97 + error, f"{100 * found:.1f} %"


@pytest.mark.parametrize(("reach", "stride"), [(10, 1), (10, 5), (20, 1)])
@pytest.mark.parametrize(("length", "correlation"), [(200, 0.0), (500, 0.8), (1000, 0.95)])
def test_blocks_of_time_cover_as_nominal(length: int, reach: int, stride: int, correlation: float) -> None:
    assert_nominal(simulated_series(length, reach, stride, correlation))


@pytest.mark.parametrize("unequal", [False, True])
@pytest.mark.parametrize("videos", [4, 10, 20, 50])
def test_groups_cover_as_nominal(videos: int, unequal: bool) -> None:
    repeats = 400 if videos < 20 else 200
    assert_nominal(simulated_videos(videos, unequal, 2, repeats), repeats)


def test_paired_differences_cover_as_nominal() -> None:
    assert_nominal(simulated_videos(10, True, 1, paired=True))


def test_clips_as_if_independent_cover_far_less() -> None:
    """What is mended: at stride 1 the interval was several times too narrow."""
    frames = autoregression(np.random.default_rng(3), 300, 500, 0.8)
    found = []
    for scores in means_over_clips(frames, 10, 1):
        (interval,) = score_intervals(sums_of(scores[:, None]), ["mean"])
        found.append((interval.low, interval.high))
    assert coverage(found) < 0.5


def test_independent_clips_have_the_textbooks_interval() -> None:
    values = np.random.default_rng(0).normal(5.0, 2.0, (1500, 1))
    (interval,) = score_intervals(sums_of(values), ["mean"])
    half = 1.9615 * values.std(ddof=1) / math.sqrt(1500)
    assert interval.low == pytest.approx(values.mean() - half, rel=1e-4)
    assert interval.high == pytest.approx(values.mean() + half, rel=1e-4)


def test_paired_differences_are_narrower_than_either_interval() -> None:
    """Both models find the same clips hard."""
    random = np.random.default_rng(2)
    hard = random.normal(10.0, 3.0, (600, 1))
    first, other = sums_of(hard), sums_of(hard - 0.5 + random.normal(0, 0.2, (600, 1)))
    (difference,) = difference_intervals(first, other, ["mean"])
    (own,) = score_intervals(first, ["mean"])
    assert difference.low < -0.5 < difference.high < 0
    assert difference.high - difference.low < 0.1 * (own.high - own.low)


def test_the_same_model_differs_from_itself_by_nothing() -> None:
    sums = sums_of(np.zeros((20, 2)))
    assert [(each.low, each.high) for each in difference_intervals(sums, sums, ["mean", "root_mean_square"])] == [
        (0.0, 0.0)
    ] * 2


def test_a_root_has_the_interval_of_what_is_below_it() -> None:
    squares = np.random.default_rng(1).exponential(4.0, (300, 1))
    sums = sums_of(squares)
    (root,), (mean,) = (score_intervals(sums, [how]) for how in ("root_mean_square", "mean"))
    assert (root.low, root.high) == pytest.approx((math.sqrt(mean.low), math.sqrt(mean.high)))


@pytest.mark.parametrize("videos", [1, 2, 3])
def test_few_videos_give_no_interval_and_say_so(videos: int) -> None:
    sums = sums_of(np.random.default_rng(0).random((60, 1)), "video", lambda n: ClipOrigin(n % videos, n, n + 5))
    (interval,) = score_intervals(sums, ["mean"])
    assert math.isnan(interval.low)
    plural = "" if videos == 1 else "s"
    assert reason_for_none(sums) == f"all clips come from {videos} video{plural}, and an interval needs 4"


def test_a_short_series_gives_no_interval_and_says_so() -> None:
    sums = sums_of(np.random.default_rng(0).random((60, 1)), "time", lambda n: ClipOrigin(0, n, n + 20))
    (interval,) = score_intervals(sums, ["mean"])
    assert math.isnan(interval.low)
    assert reason_for_none(sums) == "the series is only 3 clip lengths long, and an interval needs 8"


def test_clips_without_a_value_are_left_out_of_that_column_only() -> None:
    values = np.array([[1.0, math.nan], [1.0, 3.0], [1.0, math.nan]] * 50)
    found = score_intervals(sums_of(values), ["mean", "mean"])
    assert [(each.low, each.high) for each in found] == [(1.0, 1.0), (3.0, 3.0)]


def test_a_column_without_any_value_has_no_interval() -> None:
    nothing, one = score_intervals(sums_of(np.array([[math.nan, 1.0]] * 20)), ["mean", "mean"])
    assert math.isnan(nothing.low)
    assert (one.low, one.high) == (1.0, 1.0)


@pytest.mark.parametrize("grouped_by", ["clip", "video", "time"])
def test_memory_is_bounded_and_the_interval_hardly_changes(grouped_by: str) -> None:
    values = np.random.default_rng(5).normal(2.0, 1.0, (5 * MOST_CELLS, 1))
    origin = None if grouped_by == "clip" else lambda n: ClipOrigin(0 if grouped_by == "time" else n, n, n + 1)
    sums = sums_of(values, grouped_by, origin)
    (interval,) = score_intervals(sums, ["mean"])
    assert len(sums.values) <= MOST_CELLS
    half = 1.96 * values.std() / math.sqrt(len(values))
    assert (interval.high - interval.low) / 2 == pytest.approx(half, rel=0.15)
    assert interval.low < values.mean() < interval.high


@pytest.mark.parametrize("grouped_by", ["clip", "video", "time"])
def test_clips_that_stream_add_up_as_all_at_once(grouped_by: str) -> None:
    values = np.random.default_rng(6).random((3000, 2))
    origin = None if grouped_by == "clip" else lambda n: ClipOrigin(str(n // 7), n, n + 3)
    clips = (
        ScoredClip(n, origin(n) if origin else None, row, [1.0, 2.0]) for n, row in enumerate(values.tolist())
    )
    streamed = CellSums.of(clips, 2, grouped_by)
    at_once = sums_of(values, grouped_by, origin)
    np.testing.assert_allclose(streamed.values, at_once.values * [1, 2])
    assert streamed.groups == at_once.groups


def test_students_percentiles() -> None:
    tables = {1: 12.706, 2: 4.303, 4: 2.776, 9: 2.262, 30: 2.042, 1000: 1.962, 10_000: 1.960}
    assert {freedom: round(student(freedom), 3) for freedom in tables} == tables
