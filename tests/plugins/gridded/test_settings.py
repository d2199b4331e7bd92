"""What settings of gridded data are refused, in words, and what they say of scores."""

from __future__ import annotations

import pytest
from pydantic import ValidationError


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"augmentation": {"brightness": 0.1}}, "brightness is for pictures: it would change physical values"),
        ({"validation_share": 0.5, "test_share": 0.5}, "0.5 and test_share 0.5 leave nothing to train on"),
        ({"normalisation": "none"}, "value_range belongs to normalisation none: give both or neither"),
        ({"value_range": (0.0, 1.0)}, "value_range belongs to normalisation none: give both or neither"),
        ({"normalisation": "none", "value_range": (1.0, 1.0)}, "must go from low to high"),
        ({"variables": ("u", "u")}, "variables are named twice: u, u"),
        ({"fill": "median"}, "mean"),
    ],
)
def test_what_cannot_be_is_refused_in_words(settings_for, more, words):
    with pytest.raises(ValidationError, match=words):
        settings_for("a.nc", **more)


@pytest.mark.parametrize(
    ("more", "scored"),
    [
        ({}, (0.0, 1.0)),
        ({"normalisation": "standard"}, (-5.0, 5.0)),
        ({"normalisation": "none", "value_range": (250.0, 320.0)}, (250.0, 320.0)),
    ],
)
def test_the_normalisation_says_where_scores_clamp(settings_for, more, scored):
    assert settings_for("a.nc", **more).scale == scored
