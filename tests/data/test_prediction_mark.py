"""The bar below a film."""

from __future__ import annotations

import numpy as np
import pytest

from framecast.data.prediction_mark import PREDICTED, SEEN, mark_prediction


@pytest.mark.parametrize(("height", "width"), [(16, 16), (30, 41), (255, 400), (1, 1)])
def test_the_pictures_are_kept_above_an_even_number_of_rows(height: int, width: int) -> None:
    pictures = np.random.default_rng(0).integers(0, 255, (5, height, width, 3)).astype(np.uint8)
    marked = mark_prediction(pictures, 2)
    assert np.array_equal(marked[:, :height], pictures)
    assert (marked.shape[1] - height) % 2 == 0
    assert marked.shape[1] > height


def test_the_bar_grows_and_turns_blue_where_the_prediction_begins() -> None:
    marked = mark_prediction(np.zeros((4, 16, 40, 3), np.uint8), 2)
    for time, colour in enumerate([SEEN, SEEN, PREDICTED, PREDICTED]):
        bar = marked[time, -1]
        reached = [tuple(bar[10 * part + 5]) == colour for part in range(4)]
        assert reached == [part <= time for part in range(4)]
        assert bar[20].max() < 100  # the mark where it begins, from the first picture on


@pytest.mark.parametrize("seen", [0, 3])
def test_a_film_of_one_kind_has_no_mark(seen: int) -> None:
    bars = mark_prediction(np.full((3, 16, 30, 3), 200, np.uint8), seen)[:, -1]
    assert len(np.unique(bars[-1], axis=0)) == 1
