"""A layer of SimVP's encoder or decoder."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn


class SpatialLayer(nn.Module):
    """A convolution, a normalisation over two groups of channels, and a leaky ReLU (Gao et al., CVPR 2022:
    ConvNormReLU, and unConvNormReLU on the way back).

    A stride of 2 halves height and width, rounded up; with `up` it is the transposed convolution, which gives
    either of the sizes that this comes from.
    """

    def __init__(self, inputs: int, channels: int, kernel_size: int, stride: int, up: bool = False) -> None:
        super().__init__()
        self.up = up and stride > 1  # of stride 1, a convolution is its own way back
        kind = nn.ConvTranspose2d if self.up else nn.Conv2d
        self.convolution = kind(inputs, channels, kernel_size, stride, kernel_size // 2)
        self.norm = nn.GroupNorm(2, channels)
        self.activation = nn.LeakyReLU(0.2)

    def forward(self, image_BXHW: Tensor, size: Sequence[int] = ()) -> Tensor:
        """(B, channels, H', W'); `size` is the H' and W' of the way back."""
        written = self.convolution(image_BXHW, list(size)) if self.up else self.convolution(image_BXHW)
        activated: Tensor = self.activation(self.norm(written))
        return activated
