"""Statistics of the training period, counted in blocks."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

import framecast
from framecast_gridded.fields import Fields
from framecast_gridded.statistics import BLOCK, statistics_of


def statistics(settings_for, file, frames_TCHW, training):
    np.save(file, frames_TCHW)
    return statistics_of(Fields.open(settings_for(file)), training)


def test_many_blocks_give_what_numpy_gives_at_once(tmp_path, settings_for):
    chance = np.random.default_rng(0)
    frames = 280 + chance.normal(0, 3, (30, 2, 300, 300)).astype(np.float32)
    frames[chance.random(frames.shape) < 0.3] = np.nan
    assert frames.size * 8 > 4 * BLOCK

    found = statistics(settings_for, tmp_path / "a.npy", frames, 25)

    known = frames[:25].astype(np.float64)
    assert found.minimum == tuple(np.nanmin(known, (0, 2, 3)))
    assert found.maximum == tuple(np.nanmax(known, (0, 2, 3)))
    np.testing.assert_allclose(found.mean, np.nanmean(known, (0, 2, 3)), rtol=1e-12)
    np.testing.assert_allclose(found.deviation, np.nanstd(known, (0, 2, 3)), rtol=1e-10)
    assert found.gaps


def test_infinite_values_count_as_not_known(tmp_path, settings_for):
    frames = np.arange(48.0).reshape(3, 1, 4, 4)
    frames[0, 0, 0, 0], frames[2, 0, 3, 3] = -np.inf, np.inf

    found = statistics(settings_for, tmp_path / "a.npy", frames, 3)

    assert (found.minimum, found.maximum, found.gaps) == ((1.0,), (46.0,), True)


@pytest.mark.parametrize("frame", [0, 4, 9])
def test_a_gap_is_found_in_any_period(tmp_path, settings_for, frame):
    frames = np.zeros((10, 1, 4, 4))
    assert not statistics(settings_for, tmp_path / "whole.npy", frames, 5).gaps
    frames[frame, 0, 1, 1] = np.nan
    assert statistics(settings_for, tmp_path / "gap.npy", frames, 5).gaps


@pytest.mark.parametrize("kind", ["range", "standard"])
def test_a_channel_that_never_changes_keeps_its_scale(tmp_path, settings_for, kind):
    found = statistics(settings_for, tmp_path / "a.npy", np.full((7, 1, 9, 9), 0.1, np.float32), 7)
    normalisation = found.normalisation(kind, "mean")

    assert normalisation.scale == (1.0,)
    assert normalisation.offset == pytest.approx((0.1,))


def test_a_channel_without_a_number_in_the_training_period_is_refused(tmp_path, settings_for):
    frames = np.zeros((10, 2, 4, 4))
    frames[:5, 1] = np.nan

    with pytest.raises(
        framecast.InputError, match=r"data\.variables: 1 has no number in the training period, its f"
    ):
        statistics(settings_for, tmp_path / "a.npy", frames, 5)


def test_memory_does_not_grow_with_the_number_of_frames(tmp_path, settings_for):
    np.save(tmp_path / "a.npy", np.zeros((400, 200, 200), np.uint8))
    fields = Fields.open(settings_for(tmp_path / "a.npy"))

    tracemalloc.start()
    statistics_of(fields, 300)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert most < 6 * BLOCK < 400 * 200 * 200 * 8 / 2
