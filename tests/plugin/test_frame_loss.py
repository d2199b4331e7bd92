"""What tasks share: the paper's loss of frames, and frames as numbers."""

from __future__ import annotations

import pytest
import torch

import framecast


def test_the_loss_is_the_absolute_plus_the_squared_error_of_each_sample() -> None:
    target = torch.zeros(2, 3, 1, 4, 4)
    prediction = torch.stack([target[0] + 0.5, target[1] - 0.1])
    assert framecast.l1_and_squared(prediction, target).tolist() == pytest.approx([0.5 + 0.25, 0.1 + 0.01])


def test_what_is_masked_does_not_count_and_nothing_known_is_no_loss() -> None:
    target = torch.zeros(2, 1, 1, 2, 2)
    prediction = torch.tensor([1.0, 9.0, 9.0, 9.0]).view(1, 1, 1, 2, 2).expand(2, -1, -1, -1, -1)
    mask = torch.zeros(2, 1, 1, 2, 2, dtype=torch.bool)
    mask[0, ..., 0, 0] = True
    assert framecast.l1_and_squared(prediction, target, mask).tolist() == [2.0, 0.0]


def test_low_precision_predictions_are_compared_in_full_precision() -> None:
    prediction = torch.full((1, 1, 1, 2, 2), 1.0, dtype=torch.bfloat16)
    target = torch.full((1, 1, 1, 2, 2), 0.999)  # bfloat16 knows nothing between 0.996 and 1
    assert framecast.l1_and_squared(prediction, target).item() == pytest.approx(0.001 + 0.001**2, rel=1e-3)


def test_bytes_become_numbers_from_0_to_1_and_floats_stay_as_they_are() -> None:
    bytes_ = torch.tensor([0, 51, 255], dtype=torch.uint8)
    assert framecast.as_floats(bytes_).tolist() == pytest.approx([0.0, 0.2, 1.0])
    kelvin = torch.tensor([250.0, 300.0])
    assert framecast.as_floats(kelvin) is kelvin
