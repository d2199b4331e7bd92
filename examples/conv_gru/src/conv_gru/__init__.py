"""ConvGRU (Ballas et al. 2016): a model for framecast."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, Any

from pydantic import Field

import framecast

Channels = Annotated[int, Field(ge=1, le=4096)]


class Settings(framecast.Settings):
    """Layers of gated recurrent units, each on the hidden states of the one before."""

    hidden_channels: list[Channels] = Field([16, 16], min_length=1, max_length=32)
    """Channels of the hidden state of each layer; as many layers as there are numbers."""

    kernel_size: int = Field(3, ge=1, le=31)
    """Height and width of all kernels in pixels, an odd number; what moves faster needs more."""


def build(settings: Settings, sample: framecast.SampleShape) -> Any:
    """The network."""
    from .network import ConvGRU

    return ConvGRU(sample.channels, settings.hidden_channels, settings.kernel_size)


def cost(settings: Settings, sample: framecast.SampleShape) -> framecast.Cost:
    """Each layer convolves its input and its state to two gates and a candidate; a 1x1 convolution reads out."""
    layers = pairwise([sample.channels, *settings.hidden_channels])
    kernels = sum(settings.kernel_size**2 * (inner + outer) * 3 * outer for inner, outer in layers)
    readout = settings.hidden_channels[-1] * sample.channels
    return framecast.Cost(
        parameters=kernels + 3 * sum(settings.hidden_channels) + readout + sample.channels,
        macs=(kernels + readout) * sample.height * sample.width,
    )


@framecast.hookimpl
def framecast_models() -> Iterator[framecast.Model[Settings]]:
    """The model."""
    yield framecast.Model(
        name="conv_gru",
        summary="Convolutional gated recurrent units (Ballas et al. 2016)",
        settings=Settings,
        constraints=(framecast.Constraint("kernel_size % 2 == 1", "frames keep their size"),),
        build=build,
        cost=cost,
    )
