"""What a job may not set of the two models."""

import pytest
from pydantic import ValidationError

from framecast_conv_tt_lstm.settings import ConvLSTMSettings, ConvTTLSTMSettings

BOTH = pytest.mark.parametrize("settings", [ConvLSTMSettings, ConvTTLSTMSettings])


@BOTH
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"kernel_size": 4}, "must be odd.*got 4"),
        ({"kernel_size": 0}, "greater than or equal to 1"),
        ({"kernel_size": 5.0}, "valid integer"),
        ({"layers_per_block": [3, 3]}, "layers_per_block names 2 blocks and hidden_channels 4"),
        ({"layers_per_block": [], "hidden_channels": []}, "at least 1 item"),
        ({"layers_per_block": [3, 3, 0, 3]}, "greater than or equal to 1"),
        ({"hidden_channels": [32, -1, 48, 32]}, "greater than or equal to 1"),
        ({"skip_stride": 0}, "greater than or equal to 1"),
        ({"hidden": [32]}, "Extra inputs are not permitted"),
    ],
)
def test_a_wrong_stack_is_refused_with_the_reason(settings, wrong, message):
    with pytest.raises(ValidationError, match=message):
        settings(**wrong)


@pytest.mark.parametrize("name", ["order", "steps", "rank"])
def test_the_numbers_of_a_tensor_train_are_at_least_one(name):
    with pytest.raises(ValidationError, match=name):
        ConvTTLSTMSettings(**{name: 0})


def test_a_conv_lstm_has_no_rank():
    with pytest.raises(ValidationError, match="Extra inputs"):
        ConvLSTMSettings(rank=8)


def test_the_defaults_are_the_papers_network():
    settings = ConvTTLSTMSettings()

    assert (settings.layers_per_block, settings.hidden_channels) == ([3, 3, 3, 3], [32, 48, 48, 32])
    assert (settings.kernel_size, settings.skip_stride) == (5, 2)
    assert (settings.order, settings.steps, settings.rank) == (3, 3, 8)
