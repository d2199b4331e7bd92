"""Counts without torch: the paper's settings as exact integers, any other setting against the network itself."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import framecast
from framecast_conv_tt_lstm.cost import network_cost
from framecast_conv_tt_lstm.network import RecurrentVideoNetwork
from framecast_conv_tt_lstm.settings import ConvLSTMSettings, ConvTTLSTMSettings

GREY_PIXEL = framecast.SampleShape(20, 1, 1, 1)
COLOUR_PIXEL = framecast.SampleShape(20, 3, 1, 1)


def tensor_train(order, steps, rank):
    return ConvTTLSTMSettings(order=order, steps=steps, rank=rank)


# parameters; multiplies for each pixel, which are the parameters without the biases
PAPER = [
    (ConvLSTMSettings(), 3_973_201, 3_971_280),
    (tensor_train(1, 1, 8), 2_456_497, 2_454_480),
    (tensor_train(1, 1, 16), 2_936_593, 2_934_480),
    (tensor_train(2, 3, 8), 2_763_889, 2_761_680),
    (tensor_train(2, 3, 16), 3_589_777, 3_587_280),
    (tensor_train(3, 3, 8), 2_687_281, 2_684_880),
    (tensor_train(3, 3, 16), 3_474_961, 3_472_080),
    (tensor_train(3, 5, 8), 3_263_281, 3_260_880),
    (tensor_train(3, 5, 16), 4_626_961, 4_624_080),
    (tensor_train(5, 5, 8), 2_918_065, 2_915_280),
    (tensor_train(5, 5, 16), 4_013_329, 4_009_680),
]


@pytest.mark.parametrize(("setting", "parameters", "per_pixel"), PAPER)
def test_the_papers_networks_cost_exactly_this(setting, parameters, per_pixel):
    assert network_cost(setting, GREY_PIXEL) == (parameters, per_pixel)


@pytest.mark.parametrize(("height", "width"), [(64, 64), (120, 120), (120, 160)])
def test_multiplies_grow_with_the_frame_and_parameters_do_not(height, width):
    cost = network_cost(ConvTTLSTMSettings(), framecast.SampleShape(20, 1, height, width))

    assert cost == (2_687_281, 2_684_880 * height * width)


def test_the_clip_length_does_not_change_the_cost_of_a_step():
    assert network_cost(ConvLSTMSettings(), GREY_PIXEL._replace(frames=40)) == (3_973_201, 3_971_280)


@pytest.mark.parametrize(
    ("setting", "parameters"), [(ConvLSTMSettings(), 3_979_763), (ConvTTLSTMSettings(), 2_693_843)]
)
def test_colour_frames_cost_a_little_more(setting, parameters):
    assert network_cost(setting, COLOUR_PIXEL).parameters == parameters


@st.composite
def any_settings(draw):
    count = draw(st.integers(1, 5))
    stack = {
        "layers_per_block": draw(st.lists(st.integers(1, 3), min_size=count, max_size=count)),
        "hidden_channels": draw(st.lists(st.integers(1, 9), min_size=count, max_size=count)),
        "kernel_size": draw(st.sampled_from([1, 3, 5])),
        "skip_stride": draw(st.none() | st.integers(1, 6)),
    }
    if draw(st.booleans()):
        return ConvLSTMSettings(**stack)
    steps = draw(st.integers(1, 6))
    order, rank = draw(st.integers(1, steps)), draw(st.integers(1, 6))
    return ConvTTLSTMSettings(**stack, order=order, steps=steps, rank=rank)


@settings(max_examples=150, deadline=None)
@given(any_settings(), st.integers(1, 3), st.integers(1, 200), st.integers(1, 200))
def test_the_count_is_that_of_the_network_for_any_settings(setting, channels, height, width):
    with torch.device("meta"):  # shapes alone are enough to count
        network = RecurrentVideoNetwork.from_settings(setting, channels)
    parameters = sum(parameter.numel() for parameter in network.parameters())
    weights = sum(value.numel() for name, value in network.named_parameters() if name.endswith("weight"))

    cost = network_cost(setting, framecast.SampleShape(20, channels, height, width))

    assert cost == (parameters, weights * height * width)
