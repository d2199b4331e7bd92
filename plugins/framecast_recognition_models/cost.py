"""Exact parameter and multiplication counts of the recognition models, without torch."""

from __future__ import annotations

import math

import framecast
from framecast_conv_tt_lstm import network_cost, output_channels
from framecast_recognition_models.settings import Conv3DSettings, ConvLSTMRecognitionSettings


def recurrent_cost(settings: ConvLSTMRecognitionSettings, sample: framecast.SampleShape) -> framecast.Cost:
    """Parameters, and multiplications of one time step of one sample, in which it tells the class once and, with a
    decoder, predicts a frame.

    A convolution multiplies every weight once for each pixel that it writes, a transposed one for each that it
    reads.
    """
    sizes = [math.prod(size) for size in settings.sizes(sample)]
    channels = [sample.channels, *settings.hidden_channels]
    parameters, macs = _classifier(channels[-1], sample.classes)
    area = settings.kernel_size**2
    for level, stride in enumerate(settings.strides):
        before, hidden, fine, coarse = channels[level], channels[level + 1], sizes[level], sizes[level + 1]
        layers = _layers(settings, level)
        parameters += before * hidden * area + hidden + layers.parameters
        macs += before * hidden * area * fine + layers.macs * coarse
        if settings.decoder:
            parameters += hidden * before * stride**2 + before
            macs += hidden * before * stride**2 * coarse
        if settings.decoder and level:
            parameters += 2 * before**2 * area + before
            macs += 2 * before**2 * area * fine
    return framecast.Cost(parameters, macs)


def conv3d_cost(settings: Conv3DSettings, sample: framecast.SampleShape) -> framecast.Cost:
    """Parameters, and multiplications for each frame of one sample in one reading, the telling of the class among
    them as though it were each frame's."""
    sizes = [math.prod(size) for size in settings.sizes(sample)]
    channels = [sample.channels, *settings.hidden_channels]
    parameters, macs = _classifier(channels[-1], sample.classes)
    for before, hidden, pixels in zip(channels, channels[1:], sizes, strict=False):
        weights = before * hidden * settings.kernel_size**3
        parameters, macs = parameters + weights + hidden, macs + weights * pixels
    return framecast.Cost(parameters, macs)


def _classifier(channels: int, classes: int) -> tuple[int, int]:
    """Parameters and multiplications of what tells the class."""
    return (channels + 1) * classes, channels * classes


def _layers(settings: ConvLSTMRecognitionSettings, level: int) -> framecast.Cost:
    """Parameters of a level's recurrent layers, and their multiplications for each pixel."""
    block = settings.block(level)
    pixel = framecast.SampleShape(1, settings.hidden_channels[level], 1, 1)
    network = network_cost(block, pixel)  # which ends in a convolution that makes frames
    output = output_channels(block) * pixel.channels
    return framecast.Cost(network.parameters - output - pixel.channels, network.macs - output)
