"""Pixel errors against numpy and scikit-image."""

import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio

from framecast_metrics.frame_errors import MeanAbsoluteError, MeanSquaredError, RootMeanSquaredError
from framecast_metrics.signal_to_noise import PeakSignalToNoiseRatio

PICTURES = (0.0, 1.0)


def by_frame(measure, prediction, target):
    """`measure` of every sample and frame, (B, T), in numpy."""
    pairs = zip(prediction.clamp(0, 1).flatten(0, 1).numpy(), target.flatten(0, 1).numpy(), strict=True)
    return np.array([measure(one, other) for one, other in pairs]).reshape(prediction.shape[:2])


@pytest.mark.parametrize(
    ("metric", "measure"),
    [
        (MeanSquaredError, lambda one, other: ((one - other) ** 2).mean()),
        (MeanAbsoluteError, lambda one, other: np.abs(one - other).mean()),
        (RootMeanSquaredError, lambda one, other: np.sqrt(((one - other) ** 2).mean())),
        (PeakSignalToNoiseRatio, lambda one, other: peak_signal_noise_ratio(other, one, data_range=1)),
    ],
)
@pytest.mark.parametrize("channels", [1, 3])
def test_each_frame_agrees_with_numpy_and_scikit_image(metric, measure, channels, prediction, target):
    if channels == 3:
        prediction = torch.cat([prediction, prediction.flip(3), prediction * 0.5], 2)
        target = torch.cat([target, target.flip(4), target], 2)

    values = metric(PICTURES).update(prediction, target)

    np.testing.assert_allclose(values.numpy(), by_frame(measure, prediction, target), atol=1e-4)


@pytest.mark.parametrize(
    ("metric", "units"), [(MeanSquaredError, 50**2), (MeanAbsoluteError, 50), (PeakSignalToNoiseRatio, 1)]
)
def test_a_value_range_need_not_start_at_zero(metric, units, prediction, target):
    kelvin = metric((250.0, 300.0)).update(prediction.double() * 50 + 250, target.double() * 50 + 250)

    torch.testing.assert_close(kelvin, metric(PICTURES).update(prediction.double(), target.double()) * units)


def test_identical_frames_count_as_100_db(target):
    metric = PeakSignalToNoiseRatio(PICTURES)
    metric.update(target, target)

    assert metric.compute()[:3] == (100.0, [100.0, 100.0, 100.0], {"identical_frames": 12})


def test_decibels_are_averaged_and_not_the_errors_below_them(prediction, target):
    # one perfect frame among poor ones tells the two apart
    better = prediction.clone()
    better[0] = target[0]
    metric = PeakSignalToNoiseRatio(PICTURES)

    values = metric.update(better, target)

    assert values[0].tolist() == [100.0] * 3
    assert metric.compute().overall == pytest.approx(values.double().mean().item())


def test_an_error_is_averaged_over_the_known_pixels_alone():
    prediction, target = torch.tensor([0.5, 0.5, 0.5, 1.0]), torch.tensor([0.5, 0.0, 1.0, 0.0])
    mask = torch.tensor([True, True, False, False])

    def frame(values):
        return values.view(1, 1, 1, 2, 2)

    values = MeanSquaredError(PICTURES).update(frame(prediction), frame(target), frame(mask))

    assert values.tolist() == [[0.125]]


def test_identical_frames_are_counted_over_batches_and_processes(prediction, target):
    one, other = PeakSignalToNoiseRatio(PICTURES), PeakSignalToNoiseRatio(PICTURES)
    one.update(prediction, target)
    one.update(torch.cat([prediction[:, :2], target[:, 2:]], 1), target)
    other.update(target[:1], target[:1])

    one.state = one.state + other.state

    assert one.compute().counts == {"identical_frames": 4 + 3}


@pytest.mark.parametrize(
    ("metric", "protocol", "measure"),
    [
        (MeanSquaredError, "conv-tt-lstm", lambda one, other: 1e3 * ((one - other) ** 2).mean()),
        (PeakSignalToNoiseRatio, "conv-tt-lstm", lambda one, other: -10 * np.log10(((one - other) ** 2).mean())),
        (PeakSignalToNoiseRatio, "openstl", lambda one, other: -10 * np.log10(((one - other) ** 2).mean())),
    ],
)
def test_a_protocol_has_its_own_definition(metric, protocol, measure, prediction, target):
    values = metric(PICTURES, protocol).update(prediction, target)

    np.testing.assert_allclose(values.numpy(), by_frame(measure, prediction, target), rtol=1e-5)


def test_a_sum_is_taken_over_the_known_pixels_alone(prediction, target, mask):
    values = MeanAbsoluteError(PICTURES, "openstl").update(prediction, target, mask)

    assert values[0, 2].isnan()
    known = (prediction - target).abs().where(mask, 0).sum((2, 3, 4))
    torch.testing.assert_close(values[1:], known[1:])
