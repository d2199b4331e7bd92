"""The translator's module."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Inception(nn.Module):
    """A 1 x 1 convolution to `narrow` channels, then the sum of grouped convolutions of several sizes, each with
    its normalisation and leaky ReLU (Gao et al., CVPR 2022: Inception).

    `narrow` and `outputs` are multiples of `groups`.
    """

    def __init__(self, inputs: int, narrow: int, outputs: int, kernels: Sequence[int], groups: int) -> None:
        super().__init__()
        self.narrow = nn.Conv2d(inputs, narrow, 1)
        self.branches = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(narrow, outputs, size, padding=size // 2, groups=groups),
                nn.GroupNorm(groups, outputs),
                nn.LeakyReLU(0.2),
            )
            for size in kernels
        )

    def forward(self, clip_BXHW: Tensor) -> Tensor:
        """(B, outputs, H, W)"""
        narrow = self.narrow(clip_BXHW)
        return torch.stack([branch(narrow) for branch in self.branches]).sum(0)
