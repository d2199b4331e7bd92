"""What all metrics have in common: they stream, per frame and overall."""

import itertools
import math
from typing import get_args

import pytest
import torch

import framecast
from framecast_metrics import framecast_metrics

DECLARED = {metric.name: metric for metric in framecast_metrics()}
METRICS = {name: metric for name, metric in DECLARED.items() if metric.requires == "frames"}
EVERY_METRIC = pytest.mark.parametrize("name", METRICS)


def build(name, value_range=(0.0, 1.0)):
    return METRICS[name].build(METRICS[name].settings(), value_range)


def score(name, *batches, value_range=(0.0, 1.0)):
    metric = build(name, value_range)
    for batch in batches:
        metric.update(*batch)
    return metric.compute()


def assert_same(one, other, **tolerance):
    torch.testing.assert_close([one.overall, *one.per_frame], [other.overall, *other.per_frame], **tolerance)


def test_errors_are_better_low_and_similarities_high():
    assert {name: metric.direction for name, metric in DECLARED.items()} == {
        "mse": "min",
        "mae": "min",
        "rmse": "min",
        "psnr": "max",
        "ssim": "max",
        "lpips": "min",
        "accuracy": "max",
        "top5_accuracy": "max",
        "class_accuracy": "max",
    }


def test_classes_are_scored_by_their_logits():
    of_classes = {name for name, metric in DECLARED.items() if metric.requires == "logits"}
    assert of_classes == {"accuracy", "top5_accuracy", "class_accuracy"}


@pytest.mark.parametrize(
    ("protocol", "names"),
    [
        ("framecast", [*DECLARED]),
        ("conv-tt-lstm", ["mse", "psnr", "ssim", "lpips", "accuracy"]),
        ("openstl", ["mse", "mae", "rmse", "psnr", "ssim", "lpips"]),
    ],
)
def test_a_protocol_defines_what_its_papers_tell(protocol, names):
    protocols = {
        name: get_args(metric.settings.model_fields["protocol"].annotation) for name, metric in DECLARED.items()
    }

    assert [name for name, known in protocols.items() if protocol in known] == names
    for name in names:
        assert (
            DECLARED[name].build(DECLARED[name].settings(protocol=protocol), framecast.ValueRange(0.0, 1.0)).state
            is None
        )


@EVERY_METRIC
def test_each_sample_and_frame_has_its_value_and_the_score_is_their_mean(name, prediction, target):
    metric = build(name)

    values = metric.update(prediction, target)

    assert values.shape == (4, 3)
    assert metric.compute().per_frame == pytest.approx(values.double().mean(0).tolist())
    assert metric.compute().overall == pytest.approx(values.double().mean().item())


@EVERY_METRIC
def test_uneven_batches_score_as_one_big_batch(name, prediction, target):
    # a mean of batch means would weigh the last sample three times
    pieces = [(prediction[:3], target[:3]), (prediction[3:], target[3:])]

    assert_same(score(name, *pieces), score(name, (prediction, target)))


@EVERY_METRIC
def test_the_states_of_two_halves_add_up_to_the_whole(name, prediction, target, mask):
    # how the engine joins the scores of several processes
    whole, one, other = build(name), build(name), build(name)
    whole.update(prediction, target, mask)
    one.update(prediction[:1], target[:1], mask[:1])
    other.update(prediction[1:], target[1:], mask[1:])

    one.state = one.state + other.state

    assert_same(one.compute(), whole.compute())


@EVERY_METRIC
def test_predictions_of_pictures_are_clamped_to_the_value_range(name, prediction, target):
    assert not torch.equal(prediction, prediction.clamp(0, 1))
    assert_same(score(name, (prediction, target)), score(name, (prediction.clamp(0, 1), target)))


@EVERY_METRIC
def test_predictions_of_fields_are_not_clamped(name, prediction, target):
    """A forecast that stops at the range of the training period is worse than one that follows the truth."""
    heavier = target * 3
    fields = framecast.ValueRange(0.0, 1.0, bounded=False)
    perfect = score(name, (heavier, heavier), value_range=fields)
    stopped = score(name, (heavier.clamp(0, 1), heavier), value_range=fields)
    assert (perfect.overall < stopped.overall) == (METRICS[name].direction == "min")


PERFECT = {"mse": 0.0, "mae": 0.0, "rmse": 0.0, "psnr": 100.0, "ssim": 1.0, "lpips": 0.0}


DEFINED = [
    (name, protocol)
    for name, metric in METRICS.items()
    for protocol in get_args(metric.settings.model_fields["protocol"].annotation)
]


@pytest.mark.parametrize(("name", "protocol"), DEFINED)
def test_a_perfect_forecast_scores_perfectly_wherever_the_truth_lies(name, protocol, target, mask):
    """The truth reaches so many ranges to both sides of the middle."""
    ranges, reaches = [(0.0, 1.0), (-5.0, 5.0), (250.0, 300.0), (-1e-3, 1e-3)], [0.5, 1.0, 3.0, 1000.0]
    if name == "lpips":  # a network takes its time
        target, mask = target[:1, :, :, ::2, ::2], mask[:1, :, :, ::2, ::2]
        ranges, reaches = ranges[:2], reaches[1:3]
    for low, high in ranges:
        for reach, bounded in itertools.product(reaches, (True, False)):
            truth = (low + high) / 2 + reach * (high - low) * (2 * target - 1)
            value_range = framecast.ValueRange(low, high, bounded=bounded)
            metric = METRICS[name].build(METRICS[name].settings(protocol=protocol), value_range)
            metric.update(truth.clone(), truth)
            metric.update(truth.clone(), truth, mask)
            found = metric.compute()
            assert {found.overall, *found.per_frame} == {PERFECT[name]}, (low, high, reach, bounded)


@EVERY_METRIC
def test_a_mask_of_everything_changes_nothing(name, prediction, target):
    everything = torch.ones_like(target, dtype=torch.bool)

    assert_same(score(name, (prediction, target, everything)), score(name, (prediction, target)))


@EVERY_METRIC
@pytest.mark.parametrize("junk", [0.7, math.nan])
def test_masked_pixels_do_not_count_whatever_they_hold(name, junk, prediction, target, mask):
    if name == "lpips":  # which sees known pixels beside the truth's masked ones; two alike here
        target = target.where(mask, 0.0)
        junk = 0.0 if junk == 0.7 else junk
    spoilt = target.where(mask, junk)

    assert_same(score(name, (prediction, spoilt, mask)), score(name, (prediction, target, mask)))


@EVERY_METRIC
def test_a_frame_that_is_masked_whole_is_left_out(name, prediction, target, mask):
    assert not mask[0, 2].any()
    known_samples = score(name, (prediction[1:], target[1:], mask[1:]))

    metric = build(name)
    values = metric.update(prediction, target, mask)

    assert values.isnan().nonzero().tolist() == [[0, 2]]
    assert metric.compute().per_frame[2] == pytest.approx(known_samples.per_frame[2])
    assert metric.compute().overall == pytest.approx(values.nanmean().item(), rel=1e-5)


@EVERY_METRIC
def test_frames_in_another_value_range_score_as_pictures_do(name, prediction, target):
    # errors come in the units of the data, squared for mse
    units = {"mse": 50.0**2, "mae": 50.0, "rmse": 50.0}.get(name, 1.0)

    rainfall = score(name, (prediction * 50, target * 50), value_range=(0.0, 50.0))

    assert rainfall.overall == pytest.approx(score(name, (prediction, target)).overall * units, rel=1e-4)


@EVERY_METRIC
def test_nothing_scored_is_an_error_and_no_number(name):
    with pytest.raises(ValueError, match="before any update"):
        build(name).compute()


@EVERY_METRIC
@pytest.mark.parametrize("size", [1, 7, 32])
def test_scores_do_not_depend_on_the_batch_size(name, size, carphone):
    target = carphone[:, :, :1]
    prediction = target.roll(1, 1)
    whole = score(name, (prediction, target))

    assert_same(
        score(name, *zip(prediction.split(size), target.split(size), strict=True)), whole, rtol=1e-6, atol=1e-6
    )


@EVERY_METRIC
def test_a_prediction_that_is_not_a_number_spoils_the_score(name, prediction, target):
    spoilt = prediction.clone()
    spoilt[1, 2, 0, -1, -1] = math.nan

    scored = score(name, (spoilt, target))

    assert math.isnan(scored.overall)
    assert [math.isnan(value) for value in scored.per_frame] == [False, False, True]


def test_a_masked_prediction_that_is_not_a_number_spoils_nothing(prediction, target, mask):
    spoilt = prediction.where(mask, math.nan)

    for name in METRICS:
        assert_same(score(name, (spoilt, target, mask)), score(name, (prediction, target, mask)))
