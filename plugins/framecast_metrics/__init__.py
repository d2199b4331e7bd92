"""Metrics of predicted frames: mse, mae, psnr, ssim; each per frame and overall."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import framecast


def _lazily(module: str, name: str) -> Any:
    """A build function that imports its class, and so torch, only when a job needs it."""

    def build(settings: framecast.Settings, value_range: tuple[float, float]) -> Any:
        return getattr(import_module(module), name)(value_range)

    return build


_ERRORS, _SSIM = "framecast_metrics.frame_errors", "framecast_metrics.structural_similarity"


@framecast.hookimpl
def framecast_metrics() -> Iterator[framecast.Metric]:
    yield framecast.Metric(
        name="mse",
        summary="Mean squared error over pixels",
        build=_lazily(_ERRORS, "MeanSquaredError"),
        direction="min",
    )
    yield framecast.Metric(
        name="mae",
        summary="Mean absolute error over pixels",
        build=_lazily(_ERRORS, "MeanAbsoluteError"),
        direction="min",
    )
    yield framecast.Metric(
        name="psnr",
        summary="Peak signal-to-noise ratio in dB; identical frames count as 100",
        build=_lazily(_ERRORS, "PeakSignalToNoiseRatio"),
        direction="max",
    )
    yield framecast.Metric(
        name="ssim",
        summary="Structural similarity, 7x7 uniform window, as scikit-image computes it",
        build=_lazily(_SSIM, "StructuralSimilarity"),
        direction="max",
    )
