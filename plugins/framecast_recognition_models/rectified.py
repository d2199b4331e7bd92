"""Convolutions with a rectifier behind them."""

from __future__ import annotations

from typing import TypeVar

from torch import nn

Convolution = TypeVar("Convolution", nn.Conv2d, nn.Conv3d)


def rectified(convolution: Convolution) -> Convolution:
    """The same, its weights drawn such that what passes it and a rectifier keeps its scale (He et al., ICCV 2015,
    arXiv 1502.01852, equation 10). By PyTorch's own draw it fades, and cells behind learn motion late or never."""
    nn.init.kaiming_uniform_(convolution.weight, nonlinearity="relu")
    return convolution
