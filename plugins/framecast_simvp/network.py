"""SimVP: a clip in, the next clip out, by convolutions alone.

Dimensions: B batch, T time, C channels, H W space; N batch and time together, S spatial channels, h w space after
the encoder.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

import framecast
from framecast_simvp.inception import Inception
from framecast_simvp.settings import SimVPSettings
from framecast_simvp.shapes import Shapes
from framecast_simvp.spatial_layer import SpatialLayer


class SimVP(nn.Module):
    """Encodes each frame by itself, translates all frames together with time as channels, decodes each frame by
    itself (Gao et al., CVPR 2022).

    The decoder's last layer sees the encoder's first too. The translator is the authors' for Moving MNIST: modules
    in, modules out, and skip connections between them as in a U-Net.
    """

    def __init__(self, settings: SimVPSettings, image_channels: int) -> None:
        super().__init__()
        self.frames_in = settings.frames_in
        channels, size, shapes = settings.spatial_channels, settings.kernel_size, Shapes(settings)
        self.encoder = nn.ModuleList(
            SpatialLayer(channels if layer else image_channels, channels, size, stride)
            for layer, stride in enumerate(shapes.strides)
        )
        self.inward, self.outward = (
            nn.ModuleList(
                Inception(
                    seen, settings.temporal_channels // 2, given, settings.inception_kernels, settings.groups
                )
                for seen, given in way
            )
            for way in (shapes.inward, shapes.outward)
        )
        self.decoder = nn.ModuleList(
            SpatialLayer(channels if layer else 2 * channels, channels, size, stride, up=True)
            for layer, stride in reversed(list(enumerate(shapes.strides)))
        )
        self.output = nn.Conv2d(channels, image_channels, 1)
        self._following = framecast.compiled(SimVP._next_clip) if settings.compile else SimVP._next_clip

    def forward(
        self,
        frames: Tensor,
        frames_out: int,
        *,
        truth: Tensor | None = None,
        keep_truth: Tensor | None = None,
    ) -> Tensor:
        """The future frames, (B, frames_out, C, H, W). Ignores the truth: all frames are predicted at once.

        Sees the last `frames_in` frames and predicts as many. Where more are wanted it is applied again to its
        own prediction, as the authors do; where fewer, the later ones are dropped. Raises InputError for fewer
        frames than it sees.
        """
        seen = frames.shape[1]
        if seen < self.frames_in:
            raise framecast.InputError(
                f"simvp sees {self.frames_in} frames at once and is given {seen}: set model.frames_in={seen}, "
                "the task's frames_in"
            )
        clips = [frames[:, seen - self.frames_in :]]
        for _ in range(0, frames_out, self.frames_in):
            clips.append(self._following(self, clips[-1]))
        return torch.cat(clips[1:], 1)[:, :frames_out]

    def _next_clip(self, clip_BTCHW: Tensor) -> Tensor:
        """The clip that follows, (B, T, C, H, W)."""
        batch = clip_BTCHW.shape[0]
        encoded = [clip_BTCHW.flatten(0, 1)]
        for layer in self.encoder:
            encoded.append(layer(encoded[-1]))
        passed_NShw = self._translate(encoded[-1].unflatten(0, (batch, -1)).flatten(1, 2))
        passed_NShw = passed_NShw.unflatten(1, (self.frames_in, -1)).flatten(0, 1)
        sizes = [image.shape[2:] for image in reversed(encoded[:-1])]
        for layer, size in zip(self.decoder, sizes, strict=True):
            if layer is self.decoder[-1]:
                passed_NShw = torch.cat([passed_NShw, encoded[1]], 1)
            passed_NShw = layer(passed_NShw, size)
        prediction_BTCHW: Tensor = self.output(passed_NShw).unflatten(0, (batch, -1))
        return prediction_BTCHW

    def _translate(self, clip_BXhw: Tensor) -> Tensor:
        """The next clip's features from this one's, (B, T S, h, w)."""
        kept: list[Tensor] = [clip_BXhw]
        for module in self.inward:
            kept.append(module(kept[-1]))
        passed_BXhw = kept.pop()
        for level, module in enumerate(self.outward):
            passed_BXhw = module(torch.cat([passed_BXhw, kept.pop()], 1) if level else passed_BXhw)
        return passed_BXhw
