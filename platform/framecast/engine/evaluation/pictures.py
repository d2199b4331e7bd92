"""Frames as pictures that a report can keep."""

from __future__ import annotations

import numpy as np
from torch import Tensor


def as_pictures(frames: Tensor, value_range: tuple[float, float]) -> np.ndarray:
    """uint8 of any shape; the lowest value of the range is black, and so is what is not a number."""
    low, high = value_range
    return ((frames.float() - low) / (high - low)).nan_to_num().clamp(0, 1).mul(255).round().byte().cpu().numpy()
