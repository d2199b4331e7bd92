"""Metrics of predicted frames (mse, mae, rmse, psnr, ssim, lpips), each per frame and overall, and of classes
(accuracy, top5_accuracy, class_accuracy)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import framecast
from framecast_metrics.settings import (
    AccuracySettings,
    ClassAccuracySettings,
    MeanAbsoluteErrorSettings,
    MeanSquaredErrorSettings,
    PeakSignalToNoiseRatioSettings,
    PerceptualSimilaritySettings,
    RootMeanSquaredErrorSettings,
    StructuralSimilaritySettings,
    TopFiveAccuracySettings,
)
from framecast_metrics.sizes import LPIPS_SMALLEST, SSIM_WINDOW


def _lazily(module: str, name: str) -> Any:
    """A build function that imports its class, and so torch, only when a job needs it."""

    def build(settings: framecast.Settings, value_range: tuple[float, float]) -> Any:
        return getattr(import_module(f"framecast_metrics.{module}"), name)(value_range, **dict(settings))

    return build


def _accepts_ssim(settings: StructuralSimilaritySettings, sample: framecast.SampleShape) -> str | None:
    return _too_small(sample, SSIM_WINDOW)


def _accepts_lpips(settings: PerceptualSimilaritySettings, sample: framecast.SampleShape) -> str | None:
    if sample.channels not in (1, 3):
        return f"scores frames of 1 or 3 channels, these have {sample.channels}: leave it out"
    return _too_small(sample, LPIPS_SMALLEST[settings.net])


def _too_small(sample: framecast.SampleShape, side: int) -> str | None:
    if min(sample.height, sample.width) >= side:
        return None
    return f"needs frames of at least {side}x{side} pixels, these are {sample.height}x{sample.width}: leave it out"


def _ready_lpips(settings: PerceptualSimilaritySettings) -> None:
    """Raises InputError where the weights of its network are missing or damaged."""
    from framecast_metrics.backbone import backbone_weights
    from framecast_metrics.heads import head_weights

    head_weights(settings.net)
    backbone_weights(settings.net, settings.backbone)


_UNITS = {
    ("mse", "conv-tt-lstm"): "× 1000",
    ("mse", "openstl"): "sum over a frame",
    ("mae", "openstl"): "sum over a frame",
    ("rmse", "openstl"): "of sums over a frame",
    ("ssim", "conv-tt-lstm"): "data range 2",
    ("ssim", "openstl"): "data range 2",
    ("lpips", "conv-tt-lstm"): "× 1000",
}


def _unit(name: str) -> Callable[[Any], str]:
    """What a metric's protocol makes of its number."""
    return lambda settings: "dB" if name == "psnr" else _UNITS.get((name, settings.protocol), "")


@framecast.hookimpl
def framecast_metrics() -> Iterator[framecast.Metric[Any]]:
    yield framecast.Metric(
        name="mse",
        summary="Mean squared error over pixels",
        build=_lazily("frame_errors", "MeanSquaredError"),
        direction="min",
        settings=MeanSquaredErrorSettings,
        unit=_unit("mse"),
    )
    yield framecast.Metric(
        name="mae",
        summary="Mean absolute error over pixels",
        build=_lazily("frame_errors", "MeanAbsoluteError"),
        direction="min",
        settings=MeanAbsoluteErrorSettings,
        unit=_unit("mae"),
    )
    yield framecast.Metric(
        name="rmse",
        summary="Root of the mean squared error",
        build=_lazily("frame_errors", "RootMeanSquaredError"),
        direction="min",
        settings=RootMeanSquaredErrorSettings,
        unit=_unit("rmse"),
    )
    yield framecast.Metric(
        name="psnr",
        summary="Peak signal-to-noise ratio in dB; identical frames count as 100",
        build=_lazily("signal_to_noise", "PeakSignalToNoiseRatio"),
        direction="max",
        settings=PeakSignalToNoiseRatioSettings,
        unit=_unit("psnr"),
    )
    yield framecast.Metric(
        name="ssim",
        summary="Structural similarity, 7x7 uniform window, as scikit-image computes it",
        build=_lazily("structural_similarity", "StructuralSimilarity"),
        direction="max",
        settings=StructuralSimilaritySettings,
        unit=_unit("ssim"),
        accepts=_accepts_ssim,
    )
    yield framecast.Metric(
        name="lpips",
        summary="Learned perceptual distance (LPIPS 0.1) by AlexNet or VGG-16",
        build=_lazily("perceptual_similarity", "PerceptualSimilarity"),
        direction="min",
        settings=PerceptualSimilaritySettings,
        unit=_unit("lpips"),
        accepts=_accepts_lpips,
        ready=_ready_lpips,
    )
    yield framecast.Metric(
        name="accuracy",
        summary="Share of clips whose highest logit is their label's",
        build=_lazily("accuracy", "Accuracy"),
        direction="max",
        settings=AccuracySettings,
        requires="logits",
    )
    yield framecast.Metric(
        name="top5_accuracy",
        summary="Share of clips whose label is among their five highest logits",
        build=_lazily("accuracy", "TopFiveAccuracy"),
        direction="max",
        settings=TopFiveAccuracySettings,
        requires="logits",
    )
    yield framecast.Metric(
        name="class_accuracy",
        summary="Mean over classes of each one's own accuracy, with the confusion matrix",
        build=_lazily("class_accuracy", "ClassAccuracy"),
        direction="max",
        settings=ClassAccuracySettings,
        requires="logits",
    )
