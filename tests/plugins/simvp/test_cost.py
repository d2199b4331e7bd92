"""Counts without torch: the authors' sizes as exact integers, any other against the network itself."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import framecast
from framecast_simvp.cost import simvp_cost
from framecast_simvp.network import SimVP
from framecast_simvp.settings import SimVPSettings


def test_the_authors_sizes_for_moving_mnist_cost_exactly_this():
    cost = simvp_cost(SimVPSettings(), framecast.SampleShape(20, 1, 64, 64))

    assert cost == (57_761_409, 1_942_906_471)  # of one frame; ten are predicted together


@st.composite
def described(draw):
    """Settings that satisfy the model's constraints, and frames of any size."""
    groups = draw(st.integers(1, 3))
    drawn = SimVPSettings(
        frames_in=draw(st.integers(1, 4)),
        spatial_channels=2 * groups * draw(st.integers(1, 2)),
        spatial_layers=draw(st.integers(1, 5)),
        kernel_size=draw(st.sampled_from([1, 3, 5])),
        temporal_channels=2 * groups * draw(st.integers(1, 3)),
        temporal_layers=draw(st.integers(1, 3)),
        inception_kernels=draw(st.lists(st.sampled_from([1, 3, 5]), min_size=1, max_size=3)),
        groups=groups,
    )
    size = st.integers(1, 20)
    return drawn, framecast.SampleShape(8, draw(st.integers(1, 3)), draw(size), draw(size))


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(described())
def test_the_count_is_that_of_the_network_for_any_settings(described):
    setting, sample = described
    with torch.device("meta"):  # shapes alone are enough to count
        network = SimVP(setting, sample.channels)
    macs = 0

    def count(convolution, seen, written):
        nonlocal macs
        counted = seen[0] if isinstance(convolution, torch.nn.ConvTranspose2d) else written
        macs += convolution.weight.numel() * math.prod(counted.shape[-2:]) * len(counted)

    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d | torch.nn.ConvTranspose2d):
            module.register_forward_hook(count)
    clips = 2  # for torch normalises no single number
    network(torch.empty(clips, setting.frames_in, *sample.image, device="meta"), setting.frames_in)

    parameters = sum(parameter.numel() for parameter in network.parameters())
    assert simvp_cost(setting, sample) == (parameters, math.ceil(macs / clips / setting.frames_in))
