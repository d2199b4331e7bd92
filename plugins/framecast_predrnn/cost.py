"""Exact parameter and multiplication counts of PredRNN, without torch."""

from __future__ import annotations

import framecast
from framecast_predrnn.settings import PredRNNSettings


def predrnn_cost(settings: PredRNNSettings, sample: framecast.SampleShape) -> framecast.Cost:
    """Parameters, and multiplications of one time step of one sample: every weight once for each patch.

    Raises InputError where patches do not fit the frame.
    """
    patch, memory, area = settings.patch(sample), settings.memory, settings.kernel_size**2
    pixels = inputs = sample.channels * patch**2
    weights = others = 0
    for hidden in settings.hidden_channels:
        state, both = inputs + hidden, hidden + memory
        weights += (4 * hidden * state + 3 * memory * (inputs + memory) + hidden * both) * area + hidden * both
        others += 4 * hidden + 3 * memory
        if settings.layer_norm:
            others += 2 * (4 * hidden + 3 * memory + hidden)
        inputs = hidden
    weights += inputs * pixels
    others += pixels
    return framecast.Cost(weights + others, weights * (sample.height // patch) * (sample.width // patch))
