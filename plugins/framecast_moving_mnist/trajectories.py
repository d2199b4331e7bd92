"""Where the digits of Moving-MNIST-2 (Su et al. 2020) are: straight flights that bounce off four walls.

Dimensions: B clips, N digits in a clip, T frames.
"""

from __future__ import annotations

import numpy as np


def trajectories(starts_BN3: np.ndarray, frames: int, step: float) -> np.ndarray:
    """Positions (B, N, T, 2) as x, y in [0, 1], from numbers in [0, 1): start x, start y, direction (in turns).

    Each frame first moves, then bounces: a coordinate at or beyond a wall is put on the wall and its velocity
    flips. So the first frame is already one step from the start.
    """
    position_BN2 = starts_BN3[..., :2].copy()
    angle_BN = 2 * np.pi * starts_BN3[..., 2]
    move_BN2 = step * np.stack([np.cos(angle_BN), np.sin(angle_BN)], -1)
    path_BNT2 = np.empty((*position_BN2.shape[:2], frames, 2))
    for time in range(frames):
        position_BN2 += move_BN2
        np.negative(move_BN2, out=move_BN2, where=(position_BN2 <= 0) | (position_BN2 >= 1))
        np.clip(position_BN2, 0, 1, out=position_BN2)
        path_BNT2[:, :, time] = position_BN2
    return path_BNT2
