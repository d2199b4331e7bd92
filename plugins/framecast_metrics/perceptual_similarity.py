"""LPIPS: how different two frames look to a network that knows natural pictures."""

from __future__ import annotations

import math

import torch
from torch import Tensor

import framecast
from framecast_metrics.backbone import backbone_weights
from framecast_metrics.frame_errors import FrameMetric
from framecast_metrics.heads import head_weights
from framecast_metrics.perceptual_network import PerceptualNetwork
from framecast_metrics.sizes import LPIPS_SMALLEST

AT_ONCE = 2**18  # pixels of the predictions that are in the network together


class PerceptualSimilarity(FrameMetric):
    """The distance of each frame; where masked, the prediction shows what the truth does.

    Raises InputError where weights are missing, and for frames that are neither grey nor colour or too small.
    """

    def __init__(
        self,
        value_range: tuple[float, float],
        protocol: str = "framecast",
        net: str = "alex",
        backbone: str | None = None,
    ) -> None:
        super().__init__(value_range, protocol)
        self.smallest = LPIPS_SMALLEST[net]
        with torch.device("meta"):  # draws no random weights, for the draws of a training would be others then
            self.network = PerceptualNetwork(net)
        self.network.features.load_state_dict(backbone_weights(net, backbone), assign=True)
        self.network.heads.load_state_dict(head_weights(net), assign=True)
        self.network.requires_grad_(False)

    @torch.no_grad()
    def measure_frames(self, prediction_BTCHW: Tensor, target_BTCHW: Tensor, mask_BTCHW: Tensor | None) -> Tensor:
        batch, frames, channels, height, width = prediction_BTCHW.shape
        if channels not in (1, 3):
            raise framecast.InputError(f"metrics: lpips scores frames of 1 or 3 channels, these have {channels}")
        if min(height, width) < self.smallest:
            smallest = f"{self.smallest}x{self.smallest}"
            raise framecast.InputError(
                f"metrics: lpips needs frames of at least {smallest} pixels, these are {height}x{width}"
            )
        unmeasurable_BT = prediction_BTCHW.isnan().flatten(2).any(2)
        if mask_BTCHW is not None:
            unmeasurable_BT = (prediction_BTCHW.isnan() & mask_BTCHW).flatten(2).any(2) | ~mask_BTCHW.flatten(
                2
            ).any(2)
            target_BTCHW = target_BTCHW.where(mask_BTCHW | ~target_BTCHW.isnan(), self.low)
            prediction_BTCHW = prediction_BTCHW.where(mask_BTCHW, target_BTCHW)
        self.network.to(prediction_BTCHW.device)
        size = max(1, AT_ONCE // (height * width))
        pairs = zip(*(each.flatten(0, 1).split(size) for each in (prediction_BTCHW, target_BTCHW)), strict=True)
        distances = [self.network(self._shown(one), self._shown(other)) for one, other in pairs]
        distance_BT = torch.cat(distances).view(batch, frames)
        # a pixel at the edge may lie beyond the network's last step
        return distance_BT.where(~unmeasurable_BT, math.nan) * (1e3 if self.protocol == "conv-tt-lstm" else 1.0)

    def _shown(self, frames_NCHW: Tensor) -> Tensor:
        """Frames in the range that the protocol shows to the network."""
        unit = (frames_NCHW.float() - self.low) / (self.high - self.low)
        return unit if self.protocol == "conv-tt-lstm" else unit * 2 - 1
