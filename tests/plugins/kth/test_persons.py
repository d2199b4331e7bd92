"""The splits by persons."""

import pytest

from framecast_kth.persons import SPLITS, persons_of

PARTS = ("train", "validation", "test")


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("held_out", [None, (12, 16)])
def test_nobody_is_in_two_parts_and_everybody_in_one(split, held_out):
    parts = [persons_of(split, part, held_out) for part in PARTS]

    assert sum(len(part) for part in parts) == 25
    assert set.union(*parts) == set(range(1, 26))


def test_the_papers_split_tests_persons_17_to_25():
    assert persons_of("video_prediction", "test") == set(range(17, 26))
    assert persons_of("video_prediction", "validation") == {15, 16}
    assert persons_of("1-20/21-25", "test") == set(range(21, 26))


def test_the_recognition_split_is_that_of_schuldt_laptev_and_caputo():
    assert [persons_of("schuldt", part) for part in PARTS] == [
        {11, 12, 13, 14, 15, 16, 17, 18},
        {19, 20, 21, 23, 24, 25, 1, 4},
        {22, 2, 3, 5, 6, 7, 8, 9, 10},
    ]


def test_held_out_persons_validate_instead_of_training():
    assert persons_of("video_prediction", "validation", (1, 8)) == {1, 8}
    assert persons_of("video_prediction", "train", (1, 8)) == set(range(2, 17)) - {8}
