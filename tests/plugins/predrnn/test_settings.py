"""What a job may not set of PredRNN, and what null stands for."""

import pytest
from pydantic import ValidationError

import framecast
from framecast_predrnn.settings import PredRNNSettings


def frames(height, width):
    return framecast.SampleShape(20, 1, height, width)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"hidden_channels": []}, "at least 1 item"),
        ({"hidden_channels": [8, 0]}, "greater than or equal to 1"),
        ({"memory_channels": 0}, "greater than or equal to 1"),
        ({"kernel_size": 4}, "must be odd.*got 4"),
        ({"patch_size": 0}, "greater than or equal to 1"),
        ({"layers": 4}, "Extra inputs are not permitted"),
    ],
)
def test_a_wrong_stack_is_refused_with_the_reason(wrong, message):
    with pytest.raises(ValidationError, match=message):
        PredRNNSettings(**wrong)


@pytest.mark.parametrize(
    ("height", "width", "patch"), [(64, 64, 4), (120, 160, 4), (64, 66, 2), (6, 4, 2), (15, 16, 1), (7, 7, 1)]
)
def test_unless_told_patches_are_the_papers_or_the_largest_that_divide(height, width, patch):
    assert PredRNNSettings().patch(frames(height, width)) == patch


def test_any_patch_that_divides_will_do():
    assert PredRNNSettings(patch_size=5).patch(frames(10, 15)) == 5


def test_a_patch_that_does_not_divide_is_refused_with_one_that_does():
    with pytest.raises(
        framecast.InputError, match=r"patch_size \(4\) does not divide frames of 64x66: set it to 2"
    ):
        PredRNNSettings(patch_size=4).patch(frames(64, 66))


def test_unless_told_the_memory_is_as_wide_as_the_first_layer():
    assert PredRNNSettings(hidden_channels=[6, 4]).memory == 6
    assert PredRNNSettings(hidden_channels=[6, 4], memory_channels=3).memory == 3
