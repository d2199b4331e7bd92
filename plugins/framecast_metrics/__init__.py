"""Metrics of predicted frames (mse, mae, rmse, psnr, ssim, lpips), each per frame and overall, and of classes
(accuracy, top5_accuracy, class_accuracy)."""

from __future__ import annotations

from collections.abc import Iterator
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


def _lazily(module: str, name: str) -> Any:
    """A build function that imports its class, and so torch, only when a job needs it."""

    def build(settings: framecast.Settings, value_range: tuple[float, float]) -> Any:
        return getattr(import_module(f"framecast_metrics.{module}"), name)(value_range, **dict(settings))

    return build


@framecast.hookimpl
def framecast_metrics() -> Iterator[framecast.Metric]:
    yield framecast.Metric(
        name="mse",
        summary="Mean squared error over pixels",
        build=_lazily("frame_errors", "MeanSquaredError"),
        direction="min",
        settings=MeanSquaredErrorSettings,
    )
    yield framecast.Metric(
        name="mae",
        summary="Mean absolute error over pixels",
        build=_lazily("frame_errors", "MeanAbsoluteError"),
        direction="min",
        settings=MeanAbsoluteErrorSettings,
    )
    yield framecast.Metric(
        name="rmse",
        summary="Root of the mean squared error",
        build=_lazily("frame_errors", "RootMeanSquaredError"),
        direction="min",
        settings=RootMeanSquaredErrorSettings,
    )
    yield framecast.Metric(
        name="psnr",
        summary="Peak signal-to-noise ratio in dB; identical frames count as 100",
        build=_lazily("signal_to_noise", "PeakSignalToNoiseRatio"),
        direction="max",
        settings=PeakSignalToNoiseRatioSettings,
    )
    yield framecast.Metric(
        name="ssim",
        summary="Structural similarity, 7x7 uniform window, as scikit-image computes it",
        build=_lazily("structural_similarity", "StructuralSimilarity"),
        direction="max",
        settings=StructuralSimilaritySettings,
    )
    yield framecast.Metric(
        name="lpips",
        summary="Learned perceptual distance (LPIPS 0.1) by AlexNet or VGG-16",
        build=_lazily("perceptual_similarity", "PerceptualSimilarity"),
        direction="min",
        settings=PerceptualSimilaritySettings,
    )
    yield framecast.Metric(
        name="accuracy",
        summary="Share of clips whose highest logit is their label's",
        build=_lazily("accuracy", "Accuracy"),
        direction="max",
        settings=AccuracySettings,
        needs="logits",
    )
    yield framecast.Metric(
        name="top5_accuracy",
        summary="Share of clips whose label is among their five highest logits",
        build=_lazily("accuracy", "TopFiveAccuracy"),
        direction="max",
        settings=TopFiveAccuracySettings,
        needs="logits",
    )
    yield framecast.Metric(
        name="class_accuracy",
        summary="Mean over classes of each one's own accuracy, with the confusion matrix",
        build=_lazily("class_accuracy", "ClassAccuracy"),
        direction="max",
        settings=ClassAccuracySettings,
        needs="logits",
    )
