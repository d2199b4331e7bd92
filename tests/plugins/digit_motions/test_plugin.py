"""The declaration and its settings: what the platform gets to see, and what is refused."""

import pytest
from pydantic import ValidationError

import framecast
from framecast_digit_motions import framecast_datasets

(DATASET,) = framecast_datasets()


def test_the_shape_told_beforehand_is_that_of_the_clips_and_counts_the_classes():
    settings = DATASET.settings(size=32, digit_size=14, strides=[1, -1, 7])
    told = DATASET.sample_shape(settings, 5)

    assert DATASET.build(settings, "train", 5)[0]["frames"].shape == told[:4]
    assert told.classes == len(DATASET.classes(settings)) == 3


def test_classes_are_named_by_how_far_and_which_way():
    assert DATASET.classes(DATASET.settings(strides=[1, -3])) == ("1 to the right", "3 to the left")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"strides": [1, 4]}, "a stride of 4 does not visit all of 20 positions"),
        ({"strides": [0, 1]}, "a stride of 0 does not visit all of 20 positions"),
        ({"strides": [1, 21]}, "two come to the same of 20 positions"),
        ({"strides": [3, -17]}, "two come to the same of 20 positions"),
        ({"strides": [1]}, "at least 2 items"),
        ({"digit_size": 10}, "must be 28, 14 or 7, got 10"),
        ({"size": 14}, "digits of 14 pixels cannot move on frames of 14"),
    ],
)
def test_what_makes_no_classes_or_no_motion_is_refused_with_the_numbers(given, words):
    with pytest.raises(ValidationError, match=words):
        DATASET.settings(**given)


def test_the_digits_in_the_package_are_always_ready():
    DATASET.ready(DATASET.settings())


def test_a_root_without_digits_names_the_command(tmp_path):
    with pytest.raises(framecast.InputError, match=f"platform data prepare moving_mnist --root {tmp_path}"):
        DATASET.ready(DATASET.settings(root=str(tmp_path)))


def test_test_clips_are_of_test_digits(monkeypatch):
    asked = []
    import framecast_moving_mnist

    load = framecast_moving_mnist.load_digits

    def noted(root, split):
        asked.append(split)
        return load(root, split)

    monkeypatch.setattr(framecast_moving_mnist, "load_digits", noted)
    for split in ("train", "validation", "test"):
        DATASET.build(DATASET.settings(), split, 3)

    assert asked == ["train", "train", "test"]
