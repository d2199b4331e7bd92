"""What a job can set of the two models."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

import framecast
from framecast_conv_tt_lstm.windows import Window, Windows


def _odd(value: int) -> int:
    if value % 2 == 0:
        raise ValueError(f"must be odd, so that padding keeps the frame size; got {value}")
    return value


Odd = Annotated[int, Field(ge=1, le=63), AfterValidator(_odd)]
Positive = Annotated[int, Field(ge=1, le=4096)]
Implementation = Literal["auto", "reference", "fast"]


class ConvLSTMSettings(framecast.Settings):
    """A stack of convolutional LSTM layers in blocks, with skip connections between blocks."""

    layers_per_block: list[Positive] = Field([3, 3, 3, 3], min_length=1, max_length=64)
    """Recurrent layers in each block; the paper takes 4 blocks of 3."""

    hidden_channels: list[Positive] = Field([32, 48, 48, 32], min_length=1, max_length=64)
    """Channels of the hidden state in each block; more cost more and remember more."""

    kernel_size: Odd | Annotated[tuple[Odd, Odd], Field(strict=False)] = 5
    """Size of every recurrent convolution in pixels, odd: one number, or height and width."""

    skip_stride: int | None = Field(2, ge=1, le=64)
    """Each block's output is also given to the block this many blocks later, and one on; null means no skips."""

    bias: bool = True
    """Whether the recurrent convolutions add a bias."""

    output_sigmoid: bool = False
    """Squashes predictions into (0, 1)."""

    implementation: Implementation = "auto"
    """How the recurrent layers are computed; weights are the same, results equal but for rounding.

    - `auto`: `fast` on every device. Measured on CPUs; on GPUs nothing was measured
    - `reference`: the paper's equations, one time step after another, differentiated by autograd
    - `fast`: many time steps in one autograd function, which takes less time and memory; it has no second
      derivatives
    """

    compile: bool = False
    """Compiles a time step of the reference implementation with `torch.compile`: the first steps take minutes, the
    others may take less. `auto` then means `reference`. Measured on CPUs, where it does not pay; on GPUs nothing
    was measured."""

    @property
    def kernel(self) -> tuple[int, int]:
        """Height and width of the kernel."""
        return (self.kernel_size, self.kernel_size) if isinstance(self.kernel_size, int) else self.kernel_size

    @model_validator(mode="after")
    def _blocks_agree(self) -> ConvLSTMSettings:
        layers, channels = len(self.layers_per_block), len(self.hidden_channels)
        if layers != channels:
            raise ValueError(
                f"layers_per_block names {layers} blocks and hidden_channels {channels}: give each block both"
            )
        return self

    @model_validator(mode="after")
    def _only_the_reference_is_compiled(self) -> ConvLSTMSettings:
        if self.compile and self.implementation == "fast":
            raise ValueError("compile is for the reference implementation: leave implementation at auto")
        return self


class TensorTrainSettings(framecast.Settings):
    """What tensor-train cells add to those of a ConvLSTM, in whatever network they are."""

    order: Positive = 3
    """Cores in the tensor train, at most `steps` with sliding windows; a higher order composes past states more
    deeply."""

    steps: Positive = 3
    """Past hidden states that a cell sees."""

    rank: Positive | list[Positive] = 8
    """Channels that leave a core, one number or one for each core; a higher rank costs and expresses more."""

    window: Window = "sliding"
    """Which past states a core sees.

    - `sliding`: steps - order + 1 states, other ones for each core, as in the paper
    - `fixed`: all of them
    """

    @property
    def windows(self) -> Windows:
        """Which core sees which past state."""
        return Windows.of(self.order, self.steps, self.rank, self.window)

    @field_validator("rank")
    @classmethod
    def _a_rank_for_each_core(cls, rank: int | list[int], info: ValidationInfo) -> int | list[int]:
        order = info.data.get("order")
        if isinstance(rank, list) and order is not None and len(rank) != order:
            raise ValueError(
                f"names {framecast.plural(len(rank), 'core')} where order is {order}: give one "
                "number, or one for each core"
            )
        return rank


ORDER_WITHIN_STEPS = framecast.Constraint(
    "order <= steps",
    "with sliding windows every core starts from a past state of its own",
    when={"window": "sliding"},
)
"""What `TensorTrainSettings` must keep, for models to declare."""

TENSOR_TRAIN_GROUP = ("order", "rank", "steps")
"""The settings of a tensor train that act together: searches chart their scores by order and rank."""


class ConvTTLSTMSettings(TensorTrainSettings, ConvLSTMSettings):
    """The same stack with tensor-train cells, which look several hidden states back."""
