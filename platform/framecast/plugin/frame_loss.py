"""The paper's loss of predicted frames, for every task that has them.

Dimensions: B batch, T time, P predictions, C channels, H W space.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def l1_and_squared(prediction_BPCHW: Tensor, target_BPCHW: Tensor, mask_BPCHW: Tensor | None = None) -> Tensor:
    """Mean absolute plus mean squared error of each sample, (B,) (Su et al. 2020, section 5).

    With a mask, the mean is over what is known; 0 for a sample of which nothing is.
    """
    difference = prediction_BPCHW.float() - target_BPCHW
    if mask_BPCHW is None:
        return (difference.abs() + difference.square()).mean((1, 2, 3, 4))
    difference = difference.where(mask_BPCHW, 0)
    known_B = mask_BPCHW.sum((1, 2, 3, 4)).clamp(min=1)
    return (difference.abs() + difference.square()).sum((1, 2, 3, 4)) / known_B


def as_floats(frames_BTCHW: Tensor) -> Tensor:
    """uint8 as floats in [0, 1]; floats as they are."""
    return frames_BTCHW if frames_BTCHW.is_floating_point() else frames_BTCHW.float() / 255
