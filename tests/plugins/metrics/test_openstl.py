"""Protocol `openstl` against its formula, written as loops in numpy: MSE, MAE and RMSE before clamping, SSIM and
PSNR after."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity

from framecast import ValueRange
from framecast_metrics import framecast_metrics

METRICS = {metric.name: metric for metric in framecast_metrics()}


def golden(name, prediction, target, mask=None):
    """(overall, per frame) by the definition. Arrays are (B, T, C, H, W)."""
    clips, frames = prediction.shape[:2]
    known = np.ones(target.shape, bool) if mask is None else mask
    sums = np.full((clips, frames), math.nan)
    for clip in range(clips):
        for frame in range(frames):
            if not known[clip, frame].any():
                continue
            total = 0.0
            error = (prediction[clip, frame].astype(np.float64) - target[clip, frame])[known[clip, frame]]
            for value in error:
                total += abs(value) if name == "mae" else value * value
            sums[clip, frame] = total
    if name == "rmse":
        return math.sqrt(np.nanmean(sums)), np.sqrt(np.nanmean(sums, 0))
    return np.nanmean(sums), np.nanmean(sums, 0)


def scored(name, *batches):
    metric = METRICS[name].build(METRICS[name].settings(protocol="openstl"), ValueRange(0.0, 1.0))
    for batch in batches:
        metric.update(*batch)
    return metric


def assert_golden(metric, expected):
    overall, per_frame = expected
    assert metric.compute().overall == pytest.approx(overall, rel=1e-5)
    assert metric.compute().per_frame == pytest.approx(per_frame.tolist(), rel=1e-5)


@pytest.fixture
def small(prediction, target, mask):
    """Every third row and column, which loops finish soon."""
    assert (prediction < 0).any()
    assert (prediction > 1).any()
    return tuple(each[..., ::3, ::3] for each in (prediction, target, mask))


@pytest.mark.parametrize("name", ["mse", "mae", "rmse"])
@pytest.mark.parametrize("masked", [False, True])
def test_errors_are_what_the_formula_gives(name, masked, small):
    pair = small if masked else small[:2]
    assert_golden(scored(name, pair), golden(name, *(each.numpy() for each in pair)))


@pytest.mark.parametrize("name", ["mse", "mae", "rmse"])
@pytest.mark.parametrize("masked", [False, True])
def test_neither_batches_nor_processes_change_them(name, masked, small):
    pair = small if masked else small[:2]
    expected = golden(name, *(each.numpy() for each in pair))
    assert_golden(scored(name, tuple(each[:1] for each in pair), tuple(each[1:] for each in pair)), expected)
    one, other = scored(name, tuple(each[:3] for each in pair)), scored(name, tuple(each[3:] for each in pair))
    one.state = one.state + other.state
    assert_golden(one, expected)


def test_rmse_is_one_root_and_not_a_mean_of_roots(small):
    prediction, target, _ = small
    uneven = torch.cat([prediction[:2], target[2:] + 0.01])
    overall, _ = golden("rmse", uneven.numpy(), target.numpy())
    roots = scored("mse", (uneven, target)).update(uneven, target).sqrt().mean()
    assert float(roots) < 0.9 * overall
    assert scored("rmse", (uneven, target)).compute().overall == pytest.approx(overall, rel=1e-5)


def test_a_clips_value_of_rmse_is_its_own_root(small):
    prediction, target, _ = small
    values = scored("rmse", (prediction, target)).update(prediction, target)
    assert values[1].tolist() == pytest.approx(
        golden("rmse", *(each[1:2].numpy() for each in small[:2]))[1].tolist()
    )


def test_similarities_are_taken_after_clamping(prediction, target):
    clamped = np.clip(prediction.numpy(), 0, 1)
    ssim, psnr = [], []
    for one, other in zip(clamped.reshape(-1, 64, 64), target.numpy().reshape(-1, 64, 64), strict=True):
        ssim.append(structural_similarity(one, other, win_size=7, data_range=2))
        psnr.append(10 * math.log10(1 / np.square(one.astype(np.float64) - other).mean()))
    assert scored("ssim", (prediction, target)).compute().overall == pytest.approx(np.mean(ssim), abs=1e-4)
    assert scored("psnr", (prediction, target)).compute().overall == pytest.approx(np.mean(psnr), abs=1e-4)
