"""Counts without torch: the paper's network as published, any other against the network itself."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import framecast
from framecast_predrnn.cost import predrnn_cost
from framecast_predrnn.network import PredRNN
from framecast_predrnn.settings import PredRNNSettings

MOVING_MNIST = framecast.SampleShape(20, 1, 64, 64)


def test_the_papers_network_costs_exactly_this():
    assert predrnn_cost(PredRNNSettings(), MOVING_MNIST) == (23_842_320, 6_102_712_320)


def test_a_patch_that_does_not_fit_is_refused_before_anything_is_built():
    with pytest.raises(framecast.InputError, match="does not divide"):
        predrnn_cost(PredRNNSettings(patch_size=3), MOVING_MNIST)


@st.composite
def described(draw):
    """Settings and frames that they fit."""
    few = st.integers(1, 9)
    patch = draw(st.integers(1, 3))
    drawn = PredRNNSettings(
        hidden_channels=draw(st.lists(few, min_size=1, max_size=3)),
        memory_channels=draw(st.none() | few),
        kernel_size=draw(st.sampled_from([1, 3, 5])),
        patch_size=draw(st.sampled_from([patch, None])),
        layer_norm=draw(st.booleans()),
    )
    height, width = draw(st.integers(1, 5)) * patch, draw(st.integers(1, 5)) * patch
    return drawn, framecast.SampleShape(4, draw(st.integers(1, 3)), height, width)


@settings(max_examples=100, deadline=None)
@given(described())
def test_the_count_is_that_of_the_network_for_any_settings(described):
    setting, sample = described
    with torch.device("meta"):  # shapes alone are enough to count
        network = PredRNN(setting, sample)
    macs = 0

    def count(convolution, seen, written):
        nonlocal macs
        macs += convolution.weight.numel() * written.shape[-2] * written.shape[-1]

    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d):
            module.register_forward_hook(count)
    network(torch.empty(2, 1, *sample.image, device="meta"), 1)  # two, for torch normalises no single number

    parameters = sum(parameter.numel() for parameter in network.parameters())
    assert predrnn_cost(setting, sample) == (parameters, macs)
