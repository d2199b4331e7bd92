"""What a job may not set of the two models."""

import json

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
        ({"kernel_size": 65}, "less than or equal to 63"),
        ({"kernel_size": [3, 4]}, "must be odd.*got 4"),
        ({"kernel_size": [3]}, "Field required"),
        ({"kernel_size": [3, 5, 7]}, "at most 2 items"),
        ({"kernel_size": "5"}, "kernel_size"),
        ({"kernel_size": None}, "kernel_size"),
        ({"bias": 1}, "valid boolean"),
        ({"bias": "no"}, "valid boolean"),
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
        ConvTTLSTMSettings.model_validate({name: 0})


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"rank": []}, "names 0 cores where order is 3"),
        ({"rank": [8, 8]}, "names 2 cores where order is 3: give one number, or one for each core"),
        ({"rank": [8, 8, 8, 8]}, "names 4 cores where order is 3"),
        ({"rank": [8, 0, 8]}, "greater than or equal to 1"),
        ({"rank": [8, 4.0, 8]}, "valid integer"),
        ({"rank": "8"}, "rank"),
        ({"order": [3]}, "valid integer"),
        ({"window": "growing"}, "'sliding' or 'fixed'"),
        ({"window": None}, "'sliding' or 'fixed'"),
    ],
)
def test_what_is_no_tensor_train_is_refused_with_the_reason(wrong, message):
    with pytest.raises(ValidationError, match=message):
        ConvTTLSTMSettings(**wrong)


@pytest.mark.parametrize("extra", [{"rank": 8}, {"window": "fixed"}, {"order": 1}, {"steps": 1}])
def test_a_conv_lstm_has_no_tensor_train(extra):
    with pytest.raises(ValidationError, match="Extra inputs"):
        ConvLSTMSettings(**extra)


@BOTH
@pytest.mark.parametrize(
    ("written", "kernel"), [("5", (5, 5)), ("[3, 5]", (3, 5)), ("[7, 1]", (7, 1)), ("[3, 3]", (3, 3))]
)
def test_a_kernel_is_one_number_or_height_and_width(settings, written, kernel):
    # as a job file's YAML gives it, a list, and as the job's JSON
    from_yaml = settings(kernel_size=json.loads(written))
    from_json = settings.model_validate_json(f'{{"kernel_size": {written}}}')

    assert from_yaml.kernel == from_json.kernel == kernel
    assert settings.model_validate_json(from_yaml.model_dump_json()) == from_yaml


def test_a_rank_is_one_number_or_one_for_each_core():
    one, each = ConvTTLSTMSettings(order=2, rank=4), ConvTTLSTMSettings(order=2, rank=[4, 2])

    assert (one.windows.rank, each.windows.rank) == ((4, 4), (4, 2))
    assert ConvTTLSTMSettings.model_validate_json(each.model_dump_json()) == each


def test_a_fixed_window_may_have_more_cores_than_states():
    windows = ConvTTLSTMSettings(order=4, steps=2, window="fixed").windows

    assert (windows.order, windows.steps, windows.length, windows.kind) == (4, 2, 2, "fixed")


def test_the_defaults_are_the_papers_network():
    settings = ConvTTLSTMSettings()

    assert (settings.layers_per_block, settings.hidden_channels) == ([3, 3, 3, 3], [32, 48, 48, 32])
    assert (settings.kernel_size, settings.skip_stride) == (5, 2)
    assert (settings.order, settings.steps, settings.rank, settings.window) == (3, 3, 8, "sliding")
    assert (settings.bias, settings.output_sigmoid) == (True, False)
