"""What values lie over: predicted frames, counted from 1, or observed shares of a clip."""

from __future__ import annotations

import pytest

from framecast.report.horizon import Horizon


def test_values_of_frames_are_numbered_from_the_first_predicted_one() -> None:
    horizon = Horizon.of("frames", (0.25, 0.5))
    assert horizon.points([0.3, 0.2]) == [(1, 0.3), (2, 0.2)]
    assert horizon.label == "predicted frame"


def test_values_of_classes_lie_at_their_observed_shares_in_per_cent() -> None:
    horizon = Horizon.of("logits", (0.25, 0.5))
    assert horizon.points([0.3, 0.6]) == [(25, 0.3), (50, 0.6)]
    assert horizon.reach == (0, 100)


def test_as_many_values_as_readings_are_expected() -> None:
    with pytest.raises(ValueError, match="argument 2"):
        Horizon.of("logits", (0.25, 0.5)).points([0.3])
