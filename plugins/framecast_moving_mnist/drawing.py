"""Digits drawn into a batch of clips, all clips and frames at once.

Dimensions: B clips, N digits in a clip, T frames, H W pixels of a frame, h w pixels of a digit.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def drawn(digits_BNhw: np.ndarray, corners_BNT2: np.ndarray, size: int) -> np.ndarray:
    """Clips (B, T, size, size) uint8 of uint8 digits with their upper left corners at (x, y), whole pixels inside
    the frame; where digits overlap, the brighter pixel stays."""
    clips, count, height, width = digits_BNhw.shape
    frames = corners_BNT2.shape[2]
    clips_BTHW = np.zeros((clips, frames, size, size), np.uint8)
    # rows of a digit, put as far apart as those of a frame, are one run of bytes: as a run, it is copied quickly
    strips_BNhW = np.zeros((clips, count, height, size), np.uint8)
    strips_BNhW[..., :width] = digits_BNhw
    run = (height - 1) * size + width
    strips_BNR = strips_BNhW.reshape(clips, count, -1)[..., :run]
    runs = sliding_window_view(clips_BTHW.reshape(-1), run, writeable=True)
    frame_BT = size * size * np.arange(clips * frames).reshape(clips, frames)
    # a digit at a time: no two runs of one digit share a pixel, those of two digits may
    for number in range(count):
        corners_BT2 = corners_BNT2[:, number]
        at_BT = frame_BT + size * corners_BT2[..., 1] + corners_BT2[..., 0]
        _lay(runs, at_BT, strips_BNR[:, number, None])
    return clips_BTHW


def _lay(runs: np.ndarray, at_BT: np.ndarray, strips_B1R: np.ndarray) -> None:
    """Lays one digit's strips over the runs of bytes at `at_BT`, in place."""
    # on returning, this memory serves the next digit: new pages from the system cost more than the drawing
    under_BTR = runs[at_BT]
    runs[at_BT] = np.maximum(under_BTR, strips_B1R, out=under_BTR)
