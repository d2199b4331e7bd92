"""Recognition by 3D convolutions.

Dimensions: B batch, S readings, N batch and readings together, T time, C channels, H W space, K classes.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

import framecast
from framecast_recognition_models.classifier import classifier
from framecast_recognition_models.rectified import rectified
from framecast_recognition_models.settings import Conv3DSettings


class Conv3D(nn.Module):
    """3D convolutions, rectified, with max pooling behind each (C3D: Tran et al., ICCV 2015, arXiv 1412.0767).

    Smaller than C3D and without its fully connected layers: the class is predicted from the mean over the image
    and the frames seen, so that any number of frames will do; time is not pooled on the way. Each reading is a
    separate pass, as though the clip ended there: in every layer later frames are 0, like the padding beyond the
    end, and count in no mean. It predicts no frames.

    Raises ValueError where the strides do not divide the frames.
    """

    def __init__(self, settings: Conv3DSettings, sample: framecast.SampleShape) -> None:
        super().__init__()
        settings.sizes(sample)  # refuses what cannot be divided
        channels = [sample.channels, *settings.hidden_channels]
        self.strides = settings.strides
        self.convolutions = nn.ModuleList(
            rectified(nn.Conv3d(inputs, outputs, settings.kernel_size, padding="same"))
            for inputs, outputs in pairwise(channels)
        )
        self.classifier = classifier(channels[-1], sample.classes, settings.dropout)

    def forward(self, frames: Tensor, frames_out: int, *, observed: Tensor) -> framecast.RecognitionOutput:
        """Logits (B, S, K) of the first `observed` (B, S) frames, each reading of those alone, and no frames."""
        times_T = torch.arange(frames.shape[1], device=frames.device)
        seen_NT = (times_T < observed[..., None]).flatten(0, 1)
        seen_N1T11 = seen_NT[:, None, :, None, None]
        passed_NCTHW = frames.repeat_interleave(observed.shape[1], 0).transpose(1, 2)
        for convolution, stride in zip(self.convolutions, self.strides, strict=True):
            passed_NCTHW = convolution(passed_NCTHW.where(seen_N1T11, 0)).relu()
            passed_NCTHW = nn.functional.max_pool3d(passed_NCTHW, (1, stride, stride))
        features_NCT = passed_NCTHW.where(seen_N1T11, 0).mean((-2, -1))
        features_NC = features_NCT.sum(-1) / seen_NT.sum(-1, keepdim=True)
        logits_NK = self.classifier(features_NC)
        return framecast.RecognitionOutput(logits_NK.unflatten(0, observed.shape))
