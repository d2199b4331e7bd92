"""Exact parameter and multiplication counts of SimVP, without torch."""

from __future__ import annotations

import framecast
from framecast_simvp.settings import SimVPSettings
from framecast_simvp.shapes import Shapes


def simvp_cost(settings: SimVPSettings, sample: framecast.SampleShape) -> framecast.Cost:
    """Parameters, and multiplications for each predicted frame of one sample.

    A convolution multiplies every weight once for each pixel that it writes, a transposed one for each that it
    reads. `frames_in` frames are predicted together; what that costs is shared out over them, and rounded up.
    """
    shapes, channels, area = Shapes(settings), settings.spatial_channels, settings.kernel_size**2
    sizes = [(sample.height, sample.width)]
    for stride in shapes.strides:
        height, width = sizes[-1]
        sizes.append((-(-height // stride), -(-width // stride)))
    pixels = [height * width for height, width in sizes]

    parameters = frame = clip = 0
    for layer, written in enumerate(pixels[1:]):
        weights = (channels if layer else sample.channels) * channels * area
        parameters, frame = parameters + weights + 3 * channels, frame + weights * written
    for layer, read in reversed(list(enumerate(pixels[1:]))):
        weights = (1 if layer else 2) * channels**2 * area
        parameters, frame = parameters + weights + 3 * channels, frame + weights * read
    parameters += (channels + 1) * sample.channels
    frame += channels * sample.channels * pixels[0]
    for seen, given in (*shapes.inward, *shapes.outward):
        narrow = settings.temporal_channels // 2
        weights = seen * narrow + sum(narrow // settings.groups * given * k**2 for k in settings.inception_kernels)
        parameters += weights + narrow + 3 * given * len(settings.inception_kernels)
        clip += weights * pixels[-1]
    return framecast.Cost(parameters, frame + -(-clip // settings.frames_in))
