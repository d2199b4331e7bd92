"""What a job can set of PredRNN."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

import framecast


def _odd(value: int) -> int:
    if value % 2 == 0:
        raise ValueError(f"must be odd, so that padding keeps the frame size; got {value}")
    return value


Channels = Annotated[int, Field(ge=1, le=4096)]


class PredRNNSettings(framecast.Settings):
    """A stack of spatio-temporal LSTM layers; the defaults are the paper's for Moving MNIST."""

    hidden_channels: list[Channels] = Field([128, 128, 128, 128], min_length=1, max_length=64)
    """Channels of the hidden state and of the temporal memory of each layer, first to last."""

    memory_channels: Channels | None = None
    """Channels of the spatio-temporal memory, one number because it flows through all layers; null means as many
    as the first layer has."""

    kernel_size: Annotated[int, Field(ge=1, le=63), AfterValidator(_odd)] = 5
    """Size of the gates' convolutions in patches, odd."""

    patch_size: int | None = Field(None, ge=1, le=256)
    """Side of the patches whose pixels become channels, in pixels; it has to divide height and width. Larger ones
    cost less and show less. Null means 4, the paper's, or the largest that divides: 2 or 1."""

    layer_norm: bool = False
    """Normalises the gates over channels and space before they act; not in the paper, steadier where rates are
    high."""

    compile: bool = False
    """Compiles a time step with `torch.compile`: the first steps take a minute or more, the others may take less.
    Measured on CPUs, where it does not pay; on GPUs nothing was measured."""

    @property
    def memory(self) -> int:
        """Channels of the spatio-temporal memory."""
        return self.memory_channels or self.hidden_channels[0]

    def patch(self, sample: framecast.SampleShape) -> int:
        """Side of the patches for frames of this shape, in pixels. Raises InputError where it does not divide."""
        fitting = [side for side in (4, 2, 1) if sample.height % side == sample.width % side == 0]
        if self.patch_size is None:
            return fitting[0]
        if sample.height % self.patch_size or sample.width % self.patch_size:
            raise framecast.InputError(
                f"patch_size ({self.patch_size}) does not divide frames of {sample.height}x{sample.width}: "
                f"set it to {fitting[0]}, or null"
            )
        return self.patch_size
