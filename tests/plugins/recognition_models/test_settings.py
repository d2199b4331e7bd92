"""What a job may set of the models, and what is refused before anything is built."""

import pytest
from pydantic import ValidationError

import framecast
from framecast_recognition_models import framecast_models
from framecast_recognition_models.settings import ConvLSTMRecognitionSettings, ConvTTLSTMRecognitionSettings

MODELS = {model.name: model for model in framecast_models()}


@pytest.mark.parametrize("name", MODELS)
def test_levels_without_a_stride_each_are_refused_with_both_counts(name):
    with pytest.raises(ValidationError, match="hidden_channels names 3 levels and strides 2"):
        MODELS[name].settings(strides=[2, 2])


def test_levels_without_layers_are_refused_with_both_counts():
    with pytest.raises(ValidationError, match="layers_per_block names 1 levels and hidden_channels 3"):
        ConvLSTMRecognitionSettings(layers_per_block=[2])


def test_a_rank_list_that_misses_a_core_is_refused():
    with pytest.raises(ValidationError, match="names 2 cores where order is 3"):
        ConvTTLSTMRecognitionSettings(rank=[8, 8])


@pytest.mark.parametrize("name", MODELS)
def test_an_even_kernel_is_refused(name):
    with pytest.raises(ValidationError, match="must be odd"):
        MODELS[name].settings(kernel_size=4)


def test_a_job_with_more_cores_than_states_is_refused_with_both_numbers():
    (constraint,) = MODELS["conv_tt_lstm_recognition"].constraints

    assert "order is 4, steps is 3" in constraint.refusal({"order": 4, "steps": 3, "window": "sliding"})
    assert constraint.refusal({"order": 4, "steps": 3, "window": "fixed"}) is None


def test_each_level_is_smaller_by_its_stride():
    settings = ConvLSTMRecognitionSettings(strides=[2, 1, 3])

    assert settings.sizes(framecast.SampleShape(20, 1, 12, 24)) == [(12, 24), (6, 12), (6, 12), (2, 4)]
