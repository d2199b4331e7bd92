"""Convolution, normalisation, activation; and the way back from either of two sizes."""

import pytest
import torch
from torch.nn.functional import conv2d

from framecast_simvp.spatial_layer import SpatialLayer


def drawn(*shape):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def normalised_and_bent(layer, image):
    """Each half of the channels to mean 0 and variance 1, scaled, shifted; then a fifth of what is negative."""
    halves = []
    for half in image.chunk(2, 1):
        mean, variance = half.mean((1, 2, 3), keepdim=True), half.var((1, 2, 3), unbiased=False, keepdim=True)
        halves.append((half - mean) / (variance + 1e-5).sqrt())
    image = torch.cat(halves, 1) * layer.norm.weight[:, None, None] + layer.norm.bias[:, None, None]
    return torch.where(image > 0, image, 0.2 * image)


@torch.no_grad()
def test_it_is_a_convolution_normalised_in_two_halves_and_bent():
    layer = SpatialLayer(3, 4, 3, stride=2).double()
    image = drawn(2, 3, 6, 5)

    expected = conv2d(image, layer.convolution.weight, layer.convolution.bias, stride=2, padding=1)

    torch.testing.assert_close(layer(image), normalised_and_bent(layer, expected))


@torch.no_grad()
def test_the_way_up_is_the_transposed_convolution():
    layer = SpatialLayer(3, 4, 3, stride=2, up=True).double()
    image = drawn(1, 3, 3, 2)
    expected = torch.zeros(1, 4, 6, 3, dtype=torch.float64) + layer.convolution.bias[:, None, None]
    for y, x in [(y, x) for y in range(3) for x in range(2)]:  # each pixel writes a kernel around its place
        for dy, dx in [(dy, dx) for dy in range(3) for dx in range(3)]:
            row, column = 2 * y + dy - 1, 2 * x + dx - 1
            if 0 <= row < 6 and 0 <= column < 3:
                expected[0, :, row, column] += image[0, :, y, x] @ layer.convolution.weight[:, :, dy, dx]

    torch.testing.assert_close(layer(image, (6, 3)), normalised_and_bent(layer, expected))


@pytest.mark.parametrize("kernel_size", [1, 3, 5])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("size", [(8, 8), (7, 6), (1, 5)])
@torch.no_grad()
def test_the_way_back_gives_the_size_that_it_came_from(kernel_size, stride, size):
    down = SpatialLayer(2, 4, kernel_size, stride)
    up = SpatialLayer(4, 4, kernel_size, stride, up=True)
    halved = tuple(-(-side // stride) for side in size)

    small = down(torch.rand(1, 2, *size))

    assert small.shape == (1, 4, *halved)
    assert up(small, size).shape == (1, 4, *size)
