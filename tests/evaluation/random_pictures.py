"""Pictures as a loaded model takes them."""

from __future__ import annotations

import torch


def pictures(*shape: int) -> torch.Tensor:
    """(B, T, C, H, W), in [0, 1]."""
    return torch.rand(shape or (1, 2, 1, 16, 16), generator=torch.Generator().manual_seed(0))
