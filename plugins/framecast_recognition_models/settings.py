"""What a job can set of the recognition models."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

import framecast
from framecast_conv_tt_lstm import ConvLSTMSettings, ConvTTLSTMSettings, Odd, Positive, TensorTrainSettings

Stride = Annotated[int, Field(ge=1, le=64)]


class RecognitionSettings(framecast.Settings):
    """What all of them have: levels, each of a coarser image than the one before."""

    hidden_channels: list[Positive] = Field([32, 48, 64], min_length=1, max_length=64)
    """Channels of each level, first to last; the class is predicted from the last."""

    strides: list[Stride] = Field([2, 2, 2], min_length=1, max_length=64)
    """Factor by which each level is lower and narrower than the one before it, the first than the frames; their
    product must divide height and width of the frames."""

    kernel_size: Odd = 3
    """Size in pixels, odd, of every convolution that keeps the size of its image."""

    dropout: float = Field(0.0, ge=0, lt=1)
    """Probability with which a feature is left out in training before the class is predicted from the others."""

    @model_validator(mode="after")
    def _levels_agree(self) -> RecognitionSettings:
        channels, strides = len(self.hidden_channels), len(self.strides)
        if channels != strides:
            raise ValueError(
                f"hidden_channels names {channels} levels and strides {strides}: give each level both"
            )
        return self

    def sizes(self, sample: framecast.SampleShape) -> list[tuple[int, int]]:
        """Height and width of the frames, then of each level. Raises ValueError where the strides do not fit."""
        sizes = [(sample.height, sample.width)]
        for stride in self.strides:
            height, width = sizes[-1]
            if height % stride or width % stride:
                raise ValueError(
                    f"strides {self.strides} do not divide frames of {sample.height}x{sample.width}: choose them, "
                    "or the size of the frames, such that the product of the strides divides both"
                )
            sizes.append((height // stride, width // stride))
        return sizes


class ConvLSTMRecognitionSettings(RecognitionSettings):
    """A block of recurrent layers on each level, and a decoder back to frames."""

    layers_per_block: list[Positive] = Field([2, 2, 2], min_length=1, max_length=64)
    """Recurrent layers of each level."""

    bias: bool = True
    """Whether the recurrent convolutions add a bias."""

    decoder: bool = True
    """Whether it predicts frames too, from the hidden states of all levels; without, the task's
    `prediction_weight` must be 0."""

    @model_validator(mode="after")
    def _blocks_agree(self) -> ConvLSTMRecognitionSettings:
        layers, channels = len(self.layers_per_block), len(self.hidden_channels)
        if layers != channels:
            raise ValueError(
                f"layers_per_block names {layers} levels and hidden_channels {channels}: give each level both"
            )
        return self

    def block(self, level: int) -> ConvLSTMSettings:
        """The recurrent layers of one level, in the words of framecast_conv_tt_lstm."""
        return ConvLSTMSettings(
            layers_per_block=[self.layers_per_block[level]],
            hidden_channels=[self.hidden_channels[level]],
            kernel_size=self.kernel_size,
            skip_stride=None,
            bias=self.bias,
        )


class ConvTTLSTMRecognitionSettings(TensorTrainSettings, ConvLSTMRecognitionSettings):
    """The same with tensor-train cells, which look several hidden states back."""

    def block(self, level: int) -> ConvTTLSTMSettings:
        return ConvTTLSTMSettings(
            **dict(super().block(level)), order=self.order, steps=self.steps, rank=self.rank, window=self.window
        )


class Conv3DSettings(RecognitionSettings):
    """A 3D convolution on each level, over as many frames as pixels."""
