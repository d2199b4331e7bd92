"""What tells the class from features, in all recognition models.

Dimensions: B batch, S readings, C channels, K classes.
"""

from __future__ import annotations

from torch import nn


def classifier(channels: int, classes: int, dropout: float) -> nn.Module:
    """Features (B, S, C) to logits (B, S, K)."""
    return nn.Sequential(nn.Dropout(dropout), nn.Linear(channels, classes))
