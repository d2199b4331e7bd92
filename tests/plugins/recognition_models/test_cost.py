"""Counts without torch, against the networks themselves."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

import framecast
from framecast_recognition_models import framecast_models

MODELS = {model.name: model for model in framecast_models()}
SETTINGS = [
    ("conv_tt_lstm_recognition", {}),
    ("conv_tt_lstm_recognition", {"order": 2, "steps": 4, "rank": [3, 2], "kernel_size": 5, "bias": False}),
    ("conv_tt_lstm_recognition", {"decoder": False, "window": "fixed", "order": 4}),
    ("conv_lstm_recognition", {}),
    ("conv_lstm_recognition", {"hidden_channels": [5], "strides": [1], "layers_per_block": [3]}),
    ("conv_lstm_recognition", {"hidden_channels": [6, 3], "strides": [4, 1], "layers_per_block": [1, 2]}),
    ("conv3d", {}),
    ("conv3d", {"hidden_channels": [4, 7], "strides": [1, 4], "kernel_size": 5}),
]
SAMPLE = framecast.SampleShape(6, 3, 8, 16, 7)


@pytest.mark.parametrize(("name", "given"), SETTINGS)
def test_parameters_are_those_of_the_network(name, given):
    model = MODELS[name]
    settings = model.settings(**given)

    counted = sum(value.numel() for value in model.build(settings, SAMPLE).parameters())

    assert model.cost(settings, SAMPLE).parameters == counted


def multiplied(model, settings, frames):
    """What torch counts in a pass that tells the class after every frame and predicts every next one."""
    network = model.build(settings, SAMPLE)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(torch.rand(1, frames, *SAMPLE[1:4]), 1, observed=torch.full((1, 1), frames))
    return counter.get_total_flops() // 2


# layers whose channels fill a CPU's vectors, so that its convolutions multiply nothing beside what is counted
WIDE = {"hidden_channels": [16, 32], "strides": [2, 2]}
WIDE_RECURRENT = {**WIDE, "layers_per_block": [1, 2]}


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("conv_lstm_recognition", WIDE_RECURRENT),
        ("conv_lstm_recognition", {**WIDE_RECURRENT, "decoder": False}),
        ("conv_tt_lstm_recognition", {**WIDE_RECURRENT, "rank": 16}),
        ("conv3d", WIDE),
    ],
)
def test_a_step_multiplies_as_often_as_torch_counts(name, given):
    model = MODELS[name]
    settings = model.settings(**given)

    one, two = (multiplied(model, settings, frames) for frames in (3, 4))

    classifier = WIDE["hidden_channels"][-1] * SAMPLE.classes  # once a pass here, once a frame in the count
    assert two - one == model.cost(settings, SAMPLE).macs - classifier
