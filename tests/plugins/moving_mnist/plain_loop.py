"""The generator's rule, a digit and a frame at a time: slow, and easily seen to be right."""

import math

import numpy as np


def plain_clip(numbers_N4, digits_KHW, frames, size, step):
    """(T, size, size) uint8 from numbers in [0, 1) for each digit: which one, start x, start y, direction."""
    clip_THW = np.zeros((frames, size, size), np.uint8)
    side = digits_KHW.shape[-1]
    for which, x, y, direction in numbers_N4.tolist():
        digit_HW = digits_KHW[int(which * len(digits_KHW))]
        vx, vy = math.cos(2 * math.pi * direction), math.sin(2 * math.pi * direction)
        for frame_HW in clip_THW:
            x, y = x + step * vx, y + step * vy
            if x <= 0 or x >= 1:
                x, vx = min(max(x, 0), 1), -vx
            if y <= 0 or y >= 1:
                y, vy = min(max(y, 0), 1), -vy
            left, top = int((size - side) * x), int((size - side) * y)  # truncated, not rounded
            patch_HW = frame_HW[top : top + side, left : left + side]
            np.maximum(patch_HW, digit_HW, out=patch_HW)
    return clip_THW
