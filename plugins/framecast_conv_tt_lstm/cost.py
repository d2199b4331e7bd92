"""Exact parameter and multiplication counts of the networks, without torch."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

import framecast
from framecast_conv_tt_lstm.settings import ConvLSTMSettings, ConvTTLSTMSettings


def network_cost(settings: ConvLSTMSettings, sample: framecast.SampleShape) -> framecast.Cost:
    """Parameters, and multiplications of one time step of one sample: every weight once for each pixel."""
    weights = biases = 0
    for inputs, hidden in layer_channels(settings, sample.channels):
        layer_weights, layer_biases = _layer(settings, inputs, hidden)
        weights, biases = weights + layer_weights, biases + layer_biases
    weights += output_channels(settings) * sample.channels
    biases += sample.channels
    return framecast.Cost(weights + biases, weights * sample.height * sample.width)


def layer_channels(settings: ConvLSTMSettings, image_channels: int) -> Iterator[tuple[int, int]]:
    """(input, hidden) channels of each recurrent layer, first to last."""
    inputs = image_channels
    for block, (layers, hidden) in enumerate(
        zip(settings.layers_per_block, settings.hidden_channels, strict=True)
    ):
        for _ in range(layers):
            yield inputs, hidden
            inputs = hidden
        inputs = hidden + _skipped(settings, block)


def output_channels(settings: ConvLSTMSettings) -> int:
    """Channels that the output convolution sees."""
    last = len(settings.hidden_channels) - 1
    return settings.hidden_channels[last] + _skipped(settings, last)


def _skipped(settings: ConvLSTMSettings, block: int) -> int:
    """Channels that a skip connection adds to a block's output."""
    source = block - settings.skip_stride if settings.skip_stride else -1
    return settings.hidden_channels[source] if source >= 0 else 0


def _layer(settings: ConvLSTMSettings, inputs: int, hidden: int) -> tuple[int, int]:
    """Weights and biases of one recurrent layer."""
    area, bias = math.prod(settings.kernel), int(settings.bias)
    if not isinstance(settings, ConvTTLSTMSettings):
        return (inputs + hidden) * 4 * hidden * area, bias * 4 * hidden
    windows = settings.windows
    rank = windows.rank
    chain = sum(before * after for before, after in pairwise(rank)) * area
    gates = (rank[-1] + inputs) * 4 * hidden * area
    window = windows.length * hidden * windows.channels * area
    return chain + gates + window, bias * (sum(rank[1:]) + 4 * hidden + windows.channels)
