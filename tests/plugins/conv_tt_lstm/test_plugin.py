"""The declarations: what the platform gets to see."""

from typing import Any

import pytest
import torch

import framecast
import framecast_conv_tt_lstm
from framecast_conv_tt_lstm import framecast_models
from framecast_conv_tt_lstm.cell import ConvLSTMCell, ConvTTLSTMCell

MODELS: dict[str, Any] = {model.name: model for model in framecast_models()}
SMALL: dict[str, Any] = {"layers_per_block": [1, 1], "hidden_channels": [2, 3], "kernel_size": 3}


@pytest.mark.parametrize(("name", "cell"), [("conv_tt_lstm", ConvTTLSTMCell), ("conv_lstm", ConvLSTMCell)])
def test_each_name_builds_a_network_of_its_cells(name, cell):
    model, colour = MODELS[name], framecast.SampleShape(20, 3, 8, 8)
    settings = model.settings(**SMALL)

    network = model.build(settings, colour)

    assert all(isinstance(layer, cell) for block in network.blocks for layer in block)
    assert network(torch.rand(1, 2, 3, 8, 8), 2).shape == (1, 3, 3, 8, 8)
    assert model.cost(settings, colour).parameters == sum(value.numel() for value in network.parameters())


def test_a_job_with_more_cores_than_states_is_refused_with_both_numbers():
    (constraint,) = MODELS["conv_tt_lstm"].constraints

    assert "order is 4, steps is 3" in constraint.refusal({"order": 4, "steps": 3, "window": "sliding"})
    assert constraint.refusal({"order": 3, "steps": 3, "window": "sliding"}) is None


def test_a_fixed_window_takes_any_number_of_cores():
    model, frame = MODELS["conv_tt_lstm"], framecast.SampleShape(20, 1, 8, 8)
    (constraint,) = model.constraints
    settings = model.settings(**SMALL, order=4, steps=3, window="fixed")

    assert constraint.refusal(settings.model_dump()) is None
    assert model.build(settings, frame)(torch.rand(1, 2, 1, 8, 8), 2).shape == (1, 3, 1, 8, 8)


@pytest.mark.parametrize("name", MODELS)
def test_each_model_can_compute_its_layers_again_and_starts_without(name):
    model = MODELS[name]

    assert model.activation_checkpointing
    assert (
        model.build(model.settings(**SMALL), framecast.SampleShape(20, 1, 8, 8)).activation_checkpointing is False
    )


@pytest.mark.parametrize("name", framecast_conv_tt_lstm.__all__)
def test_what_the_plugin_exports_is_there(name):
    exported = getattr(framecast_conv_tt_lstm, name)
    assert getattr(exported, "__name__", name) in (
        name,
        "Annotated",
    )  # constants and types have no name of their own


def test_an_unknown_name_is_refused_by_name():
    with pytest.raises(AttributeError, match="'framecast_conv_tt_lstm' has no attribute 'ConvGRU'"):
        framecast_conv_tt_lstm.ConvGRU  # noqa: B018
