"""Recognition by recurrent layers: the state after n frames tells the class, and predicts frame n + 1.

Dimensions: B batch, T time, N both together, S readings, K classes, C channels, H W space of a frame, h w of a
level.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

import framecast
from framecast_conv_tt_lstm import FastLayer, build_cell
from framecast_recognition_models.classifier import classifier
from framecast_recognition_models.decoder import FrameDecoder
from framecast_recognition_models.rectified import rectified
from framecast_recognition_models.settings import ConvLSTMRecognitionSettings


class RecurrentRecogniser(nn.Module):
    """Early activity recognition (Su et al. 2020): one recurrent encoder for the class and the coming frames.

    On each level a rectified convolution with max pooling makes the image smaller, and a block of recurrent layers
    takes it over time. The class is predicted from the last level's hidden state after the last frame of a
    reading, the highest of each channel over the image: what moves is small, and a mean would drown it. The
    decoder makes the next frame of all levels' hidden states. With `activation_checkpointing` the backward pass
    computes each recurrent layer again instead of keeping its gates.

    Raises ValueError where the strides do not divide the frames.
    """

    def __init__(self, settings: ConvLSTMRecognitionSettings, sample: framecast.SampleShape) -> None:
        super().__init__()
        settings.sizes(sample)  # refuses what cannot be divided
        channels = [sample.channels, *settings.hidden_channels]
        self.strides = settings.strides
        self.reductions = nn.ModuleList(
            rectified(nn.Conv2d(inputs, outputs, settings.kernel_size, padding="same"))
            for inputs, outputs in pairwise(channels)
        )
        self.blocks = nn.ModuleList(
            nn.ModuleList(build_cell(settings.block(level), hidden, hidden) for _ in range(layers))
            for level, (layers, hidden) in enumerate(
                zip(settings.layers_per_block, settings.hidden_channels, strict=True)
            )
        )
        self.classifier = classifier(channels[-1], sample.classes, settings.dropout)
        self.decoder = FrameDecoder(settings, sample.channels) if settings.decoder else None
        self.activation_checkpointing = False

    def forward(self, frames: Tensor, frames_out: int, *, observed: Tensor) -> framecast.RecognitionOutput:
        """Logits (B, S, K) of the first `observed` (B, S) frames, each reading of those alone, and all next-frame
        predictions (B, T + frames_out - 1, C, H, W), beyond the last frame from its own last output."""
        frames_in = frames.shape[1]
        blocks: Any = self.blocks
        layers = [[FastLayer(cell, self.activation_checkpointing) for cell in block] for block in blocks]
        levels = self._encode(frames.transpose(0, 1), layers)
        features_BTC = levels[-1].amax((-2, -1)).transpose(0, 1)
        last_BS = observed - 1
        features_BSC = features_BTC.take_along_dim(last_BS[..., None], 1)
        logits_BSK = self.classifier(features_BSC)
        if self.decoder is None:
            return framecast.RecognitionOutput(logits_BSK)
        predictions = [self._decode(levels)]
        for _ in range(frames_out - 1):
            predictions.append(self._decode(self._encode(predictions[-1][-1:], layers)))
        future_TBCHW = torch.cat(predictions)[: frames_in + frames_out - 1]
        return framecast.RecognitionOutput(logits_BSK, future_TBCHW.transpose(0, 1))

    def _encode(self, frames_TBCHW: Tensor, layers: list[list[Any]]) -> list[Tensor]:
        """The hidden states of each level after each of the next frames, (T, B, C, h, w)."""
        levels = [frames_TBCHW]
        for reduction, stride, block in zip(self.reductions, self.strides, layers, strict=True):
            reduced_NChw = nn.functional.max_pool2d(reduction(levels[-1].flatten(0, 1)).relu(), stride)
            passed_TBCHW = reduced_NChw.unflatten(0, frames_TBCHW.shape[:2])
            for layer in block:
                passed_TBCHW = layer(passed_TBCHW)
            levels.append(passed_TBCHW)
        return levels[1:]

    def _decode(self, levels: list[Tensor]) -> Tensor:
        """The next frame after each state, (T, B, C, H, W)."""
        assert self.decoder is not None
        flat = self.decoder([level_TBCHW.flatten(0, 1) for level_TBCHW in levels])
        frames_TBCHW: Tensor = flat.unflatten(0, levels[0].shape[:2])
        return frames_TBCHW
