"""Counts without torch: the paper's settings as exact integers, any other setting against the network itself."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import framecast
from framecast_conv_tt_lstm.cost import network_cost
from framecast_conv_tt_lstm.network import RecurrentVideoNetwork
from framecast_conv_tt_lstm.settings import ConvLSTMSettings, ConvTTLSTMSettings
from tests.plugins.conv_tt_lstm.dense import published_weights
from tests.plugins.conv_tt_lstm.drawn import networks

GREY_PIXEL = framecast.SampleShape(20, 1, 1, 1)
COLOUR_PIXEL = framecast.SampleShape(20, 3, 1, 1)


def tensor_train(order, steps, rank):
    return ConvTTLSTMSettings(order=order, steps=steps, rank=rank)


# parameters; macs for each pixel, which are the parameters without the biases
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


@pytest.mark.parametrize(("height", "width"), [(64, 64), (120, 120), (128, 128), (120, 160)])
@pytest.mark.parametrize(("setting", "parameters", "per_pixel"), PAPER)
def test_multiplies_grow_with_the_frame_and_parameters_do_not(setting, parameters, per_pixel, height, width):
    cost = network_cost(setting, framecast.SampleShape(20, 1, height, width))

    assert cost == (parameters, per_pixel * height * width)


# thousands of millions, rounded as published
BILLIONS = [
    (ConvLSTMSettings(), "16.27 57.19 65.07"),
    (tensor_train(1, 1, 8), "10.05 35.34 40.21"),
    (tensor_train(1, 1, 16), "12.02 42.26 48.08"),
    (tensor_train(2, 3, 8), "11.31 39.77 45.25"),
    (tensor_train(2, 3, 16), "14.69 51.66 58.77"),
    (tensor_train(3, 3, 8), "11.00 38.66 43.99"),
    (tensor_train(3, 3, 16), "14.22 50.00 56.89"),
    (tensor_train(3, 5, 8), "13.36 46.96 53.43"),
    (tensor_train(3, 5, 16), "18.94 66.59 75.76"),
    (tensor_train(5, 5, 8), "11.94 41.98 47.76"),
    (tensor_train(5, 5, 16), "16.42 57.74 65.69"),
]


@pytest.mark.parametrize(("setting", "billions"), BILLIONS)
def test_the_table_of_frame_sizes_64_120_and_128_comes_out(setting, billions):
    sizes = [network_cost(setting, framecast.SampleShape(20, 1, size, size)).macs for size in (64, 120, 128)]

    assert " ".join(f"{macs / 1e9:.2f}" for macs in sizes) == billions


def test_the_clip_length_does_not_change_the_cost_of_a_step():
    assert network_cost(ConvLSTMSettings(), GREY_PIXEL._replace(frames=40)) == (3_973_201, 3_971_280)


@pytest.mark.parametrize(
    ("setting", "parameters"), [(ConvLSTMSettings(), 3_979_763), (ConvTTLSTMSettings(), 2_693_843)]
)
def test_colour_frames_cost_a_little_more(setting, parameters):
    assert network_cost(setting, COLOUR_PIXEL).parameters == parameters


def test_a_fixed_window_costs_the_states_that_it_sees_more():
    # 4 blocks x 3 layers, 3 cores of rank 8; a core sees 3 states in place of 1
    fixed = network_cost(ConvTTLSTMSettings(window="fixed"), GREY_PIXEL)

    more = 3 * (32 + 48 + 48 + 32) * 3 * 8 * 2 * 25
    assert fixed == (2_687_281 + more, 2_684_880 + more)


def test_the_biases_are_parameters_that_multiply_nothing():
    for setting, parameters, per_pixel in ((ConvLSTMSettings(), 3_973_201, 3_971_280), PAPER[5]):
        without = network_cost(setting.model_copy(update={"bias": False}), GREY_PIXEL)
        assert without == (per_pixel + 1, per_pixel)  # the output keeps its own
        assert parameters > per_pixel + 1


@settings(max_examples=150, deadline=None)
@given(networks(blocks=5, layers=3, channels=9), st.integers(1, 3), st.integers(1, 200), st.integers(1, 200))
def test_the_count_is_that_of_the_network_for_any_settings(setting, channels, height, width):
    # of any rank for each core, window, kernel, and with biases or without
    with torch.device("meta"):  # shapes alone are enough to count
        network = RecurrentVideoNetwork.from_settings(setting, channels)
    parameters = sum(parameter.numel() for parameter in network.parameters())
    weights = sum(value.numel() for value in network.parameters() if value.dim() == 4)

    cost = network_cost(setting, framecast.SampleShape(20, channels, height, width))

    assert cost == (parameters, weights * height * width)


@settings(max_examples=30, deadline=None)
@given(networks(), st.integers(1, 3))
def test_the_count_is_that_of_the_published_format_for_any_settings(setting, channels):
    parameters = sum(weight.numel() for weight in published_weights(setting, channels).values())

    assert network_cost(setting, GREY_PIXEL._replace(channels=channels)).parameters == parameters
