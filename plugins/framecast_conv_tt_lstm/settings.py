"""What a job can set of the two models."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

import framecast


def _odd(value: int) -> int:
    if value % 2 == 0:
        raise ValueError(f"must be odd, so that padding keeps the frame size; got {value}")
    return value


Positive = Annotated[int, Field(ge=1, le=4096)]


class ConvLSTMSettings(framecast.Settings):
    """A stack of convolutional LSTM layers in blocks, with skip connections between blocks."""

    layers_per_block: list[Positive] = Field([3, 3, 3, 3], min_length=1, max_length=64)
    """Recurrent layers in each block; the paper takes 4 blocks of 3."""

    hidden_channels: list[Positive] = Field([32, 48, 48, 32], min_length=1, max_length=64)
    """Channels of the hidden state in each block; more cost more and remember more."""

    kernel_size: Annotated[int, Field(ge=1, le=63), AfterValidator(_odd)] = 5
    """Height and width of every recurrent convolution in pixels, odd."""

    skip_stride: int | None = Field(2, ge=1, le=64)
    """Each block's output is also given to the block this many blocks later, and one on; null means no skips."""

    output_sigmoid: bool = False
    """Squashes predictions into (0, 1)."""

    @model_validator(mode="after")
    def _blocks_agree(self) -> ConvLSTMSettings:
        layers, channels = len(self.layers_per_block), len(self.hidden_channels)
        if layers != channels:
            raise ValueError(
                f"layers_per_block names {layers} blocks and hidden_channels {channels}: give each block both"
            )
        return self


class ConvTTLSTMSettings(ConvLSTMSettings):
    """The same stack with tensor-train cells, which look several hidden states back."""

    order: Positive = 3
    """Cores in the tensor train, at most `steps`; a higher order composes past states more deeply."""

    steps: Positive = 3
    """Past hidden states that a cell sees."""

    rank: Positive = 8
    """Channels that pass between two cores; a higher rank costs more and expresses more."""
