"""SSIM against scikit-image."""

import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity

from framecast_metrics.structural_similarity import StructuralSimilarity

PICTURES = (0.0, 1.0)


def scikit_image(prediction, target, data_range=1.0):
    """(B, T) of scikit-image's own values."""
    pairs = zip(prediction.flatten(0, 1).numpy(), target.flatten(0, 1).numpy(), strict=True)
    values = [structural_similarity(one, other, data_range=data_range, channel_axis=0) for one, other in pairs]
    return np.array(values).reshape(prediction.shape[:2])


def test_each_frame_agrees_with_scikit_image(prediction, target):
    values = StructuralSimilarity(PICTURES).update(prediction, target)

    np.testing.assert_allclose(values, scikit_image(prediction.clamp(0, 1), target), atol=1e-4)


def test_colour_frames_agree_with_scikit_image(prediction, target):
    prediction = torch.cat([prediction, prediction.flip(3), prediction * 0.5], 2)
    target = torch.cat([target, target.flip(4), target], 2)

    values = StructuralSimilarity(PICTURES).update(prediction, target)

    np.testing.assert_allclose(values, scikit_image(prediction.clamp(0, 1), target), atol=1e-4)


@pytest.mark.parametrize(("low", "high"), [(-1.0, 1.0), (250.0, 300.0)])
def test_other_value_ranges_agree_with_scikit_image(low, high, prediction, target):
    scaled, truth = (low + (high - low) * frames.clamp(0, 1).double() for frames in (prediction, target))

    values = StructuralSimilarity((low, high)).update(scaled, truth)

    np.testing.assert_allclose(values, scikit_image(scaled, truth, data_range=high - low), atol=1e-4)


def test_noise_agrees_with_scikit_image():
    generator = torch.Generator().manual_seed(0)
    prediction, target = torch.rand(2, 2, 2, 1, 17, 23, generator=generator)

    values = StructuralSimilarity(PICTURES).update(prediction, target)

    np.testing.assert_allclose(values, scikit_image(prediction, target), atol=1e-4)


def test_identical_frames_are_wholly_similar(target):
    values = StructuralSimilarity(PICTURES).update(target, target)

    torch.testing.assert_close(values, torch.ones_like(values))


def test_with_a_mask_only_windows_that_are_known_whole_count(prediction, target):
    mask = torch.ones_like(target, dtype=torch.bool)
    mask[..., 20:30, 25:40] = False
    prediction, target = prediction.clamp(0, 1).double(), target.double()
    _, similarity = structural_similarity(
        prediction[0, 0, 0].numpy(), target[0, 0, 0].numpy(), data_range=1.0, full=True
    )
    whole = np.ones((64, 64), bool)
    whole[17:33, 22:43] = False  # centres of windows that touch the hole
    whole[:3] = whole[-3:] = whole[:, :3] = whole[:, -3:] = False  # and those that leave the frame

    values = StructuralSimilarity(PICTURES).update(prediction, target, mask)

    assert values[0, 0].item() == pytest.approx(similarity[whole].mean(), abs=1e-9)


def test_frames_smaller_than_the_window_are_refused_with_both_sizes():
    small = torch.zeros(1, 1, 1, 6, 9)

    with pytest.raises(ValueError, match="at least 7x7 pixels, these are 6x9"):
        StructuralSimilarity(PICTURES).update(small, small)


def test_frames_of_just_one_window_are_scored():
    frame = torch.rand(1, 1, 1, 7, 7, generator=torch.Generator().manual_seed(0))

    values = StructuralSimilarity(PICTURES).update(1 - frame, frame)

    np.testing.assert_allclose(values, scikit_image(1 - frame, frame), atol=1e-4)


@pytest.mark.parametrize("protocol", ["conv-tt-lstm", "openstl"])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_papers_protocols_take_twice_the_value_range(protocol, channels, carphone):
    target = carphone[:, :, :channels]

    values = StructuralSimilarity(PICTURES, protocol).update(target.roll(1, 1), target)

    np.testing.assert_allclose(values, scikit_image(target.roll(1, 1), target, data_range=2.0), atol=1e-4)


@pytest.mark.parametrize("channels", [1, 3])
def test_real_frames_agree_with_scikit_image(channels, carphone):
    target = carphone[:, :, :channels]

    values = StructuralSimilarity(PICTURES).update(target.roll(1, 1), target)

    np.testing.assert_allclose(values, scikit_image(target.roll(1, 1), target), atol=1e-4)
