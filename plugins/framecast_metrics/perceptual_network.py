"""The networks behind LPIPS (Zhang et al., CVPR 2018, version 0.1): features of two pictures, compared.

Dimensions: N pictures, C channels, H W space.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

# of ImageNet's pictures in [-1, 1]
SHIFT, SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)


class PerceptualNetwork(nn.Module):
    """`net` is alex or vgg; `features` has the indices that torchvision gives to its layers."""

    def __init__(self, net: str) -> None:
        super().__init__()
        convolutions = _alexnet() if net == "alex" else _vgg16()
        pool = nn.MaxPool2d(3, 2) if net == "alex" else nn.MaxPool2d(2, 2)
        pooled = (1, 2) if net == "alex" else (1, 2, 3, 4)
        self.blocks: list[list[nn.Module]] = []
        for number, block in enumerate(convolutions):
            layers: list[nn.Module] = [pool] if number in pooled else []
            for convolution in block:
                layers += [convolution, nn.ReLU(inplace=True)]
            self.blocks.append(layers)
        self.features = nn.Sequential(*(layer for block in self.blocks for layer in block))
        self.heads = nn.ParameterList(torch.empty(1, block[-1].out_channels, 1, 1) for block in convolutions)

    def forward(self, one_NCHW: Tensor, other_NCHW: Tensor) -> Tensor:
        """The distances (N,) of two batches of pictures with 1 or 3 channels."""
        values = torch.cat([one_NCHW, other_NCHW]).contiguous(memory_format=torch.channels_last)
        distance_N = values.new_zeros(len(one_NCHW))
        for block, head in zip(self.blocks, self.heads, strict=True):
            for layer in block:
                values = layer(values)
            one, other = (values / (values.square().sum(1, keepdim=True).sqrt() + 1e-10)).chunk(2)
            distance_N += functional.conv2d((one - other).square(), head).mean((1, 2, 3))
        return distance_N


class PictureConvolution(nn.Conv2d):
    """A convolution of pictures that it shifts and scales first.

    Its kernel does the scaling, and sees grey pictures, whose three channels would be equal, as one channel. The
    shift comes apart: the zeros around a picture are not shifted.
    """

    def forward(self, pictures_NCHW: Tensor) -> Tensor:
        shift, scale = (self.weight.new_tensor(each).view(1, 3, 1, 1) for each in (SHIFT, SCALE))
        kernel = self.weight / scale
        if pictures_NCHW.shape[1] == 1:
            kernel = kernel.sum(1, keepdim=True)
        shifted = super().forward((-shift / scale).expand(1, 3, *pictures_NCHW.shape[2:]))
        return functional.conv2d(pictures_NCHW, kernel, None, self.stride, self.padding) + shifted


def _alexnet() -> list[list[nn.Conv2d]]:
    return [
        [PictureConvolution(3, 64, 11, stride=4, padding=2)],
        [nn.Conv2d(64, 192, 5, padding=2)],
        [nn.Conv2d(192, 384, 3, padding=1)],
        [nn.Conv2d(384, 256, 3, padding=1)],
        [nn.Conv2d(256, 256, 3, padding=1)],
    ]


def _vgg16() -> list[list[nn.Conv2d]]:
    widths = [(3, 64, 64), (64, 128, 128), (128, 256, 256, 256), (256, 512, 512, 512), (512, 512, 512, 512)]
    blocks = [[nn.Conv2d(*pair, 3, padding=1) for pair in pairwise(block)] for block in widths]
    blocks[0][0] = PictureConvolution(3, 64, 3, padding=1)
    return blocks
