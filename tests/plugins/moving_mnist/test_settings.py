"""What a job may not set of Moving-MNIST."""

import pytest
from pydantic import ValidationError

from framecast_moving_mnist.settings import MovingMNISTSettings


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"digit_size": 20}, "must be 28, 14 or 7, got 20"),
        ({"size": 28}, "digits of 28 pixels cannot move on frames of 28"),
        ({"size": 7, "digit_size": 7}, "greater than or equal to 8"),
        ({"step": 0.0}, "greater than 0"),
        ({"step": 1.5}, "less than or equal to 1"),
        ({"digits": 0}, "greater than or equal to 1"),
        ({"train_clips": 0}, "greater than or equal to 1"),
        ({"seed": -1}, "greater than or equal to 0"),
        ({"test_sequences": True}, "test_sequences needs root"),
        ({"test_sequences": True, "root": "mnist", "size": 32, "digit_size": 14}, "64x64 pixels, size is 32"),
        ({"clips": 10}, "Extra inputs are not permitted"),
    ],
)
def test_wrong_settings_are_refused_with_the_reason(wrong, message):
    with pytest.raises(ValidationError, match=message):
        MovingMNISTSettings(**wrong)


def test_the_defaults_are_the_papers_set():
    settings = MovingMNISTSettings()

    assert (settings.size, settings.digits, settings.digit_size, settings.step) == (64, 2, 28, 0.1)
    assert (settings.train_clips, settings.validation_clips, settings.test_clips) == (10_000, 3_000, 5_000)
    assert not settings.fresh
    assert not settings.test_sequences
