"""What a job can set of SimVP."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

import framecast


def _odd(value: int) -> int:
    if value % 2 == 0:
        raise ValueError(f"must be odd, so that padding keeps the frame size; got {value}")
    return value


Odd = Annotated[int, Field(ge=1, le=63), AfterValidator(_odd)]


class SimVPSettings(framecast.Settings):
    """Encoder, translator and decoder; the defaults are the authors' for Moving MNIST."""

    frames_in: int = Field(10, ge=1, le=1024)
    """Frames that the translator sees at once, and as many as it predicts: the task's `frames_in`. Of more it sees
    the last; fewer are refused. Where the task wants more out, it is applied again to its own prediction."""

    spatial_channels: int = Field(64, ge=2, le=4096)
    """Channels of a frame in encoder and decoder, even."""

    spatial_layers: int = Field(4, ge=1, le=16)
    """Layers of the encoder, and of the decoder; every second halves height and width, in the decoder it doubles
    them."""

    kernel_size: Odd = 3
    """Size of the encoder's and the decoder's convolutions in pixels, odd."""

    temporal_channels: int = Field(512, ge=2, le=16384)
    """Channels of the whole clip within the translator; a multiple of twice `groups`."""

    temporal_layers: int = Field(8, ge=1, le=64)
    """Inception modules on the translator's way in, and as many on its way out, with skip connections between."""

    inception_kernels: list[Odd] = Field([3, 5, 7, 11], min_length=1, max_length=16)
    """Sizes of the convolutions that are side by side in an Inception module, each odd."""

    groups: int = Field(8, ge=1, le=1024)
    """Groups of channels that an Inception module convolves and normalises each by itself; more cost less."""

    compile: bool = False
    """Compiles the network with `torch.compile`: the first step takes a minute or more, the others may take less.
    Measured on CPUs, where it does not pay; on GPUs nothing was measured."""
