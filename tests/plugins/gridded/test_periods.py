"""The order of time in splits."""

from __future__ import annotations

import pytest

import framecast
from framecast_gridded.periods import periods


def test_first_train_then_validation_then_test(settings_for):
    assert periods(settings_for("-"), 100) == {
        "train": range(70),
        "validation": range(70, 85),
        "test": range(85, 100),
    }


def test_no_share_is_no_test(settings_for):
    assert len(periods(settings_for("-", test_share=0), 20)["test"]) == 0


@pytest.mark.parametrize("frames", range(3, 40))
def test_every_frame_is_in_one_split(settings_for, frames):
    found = periods(settings_for("-", validation_share=0.4, test_share=0.01), frames)
    assert [frame for period in found.values() for frame in period] == list(range(frames))
    assert all(len(period) for period in found.values())


@pytest.mark.parametrize("frames", [0, 1, 2])
def test_too_few_frames_to_train_are_refused_with_their_number(settings_for, frames):
    with pytest.raises(framecast.InputError, match=f"of {frames} frames? none would be left to train on"):
        periods(settings_for("-"), frames)
