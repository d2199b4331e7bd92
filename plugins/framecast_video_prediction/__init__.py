"""Video prediction: see some frames, predict the next ones; and the baselines that every model must beat."""

from __future__ import annotations

from collections.abc import Iterator

import framecast
from framecast_video_prediction.settings import VideoPredictionSettings


def _build_task(settings: VideoPredictionSettings) -> framecast.TrainingTask:
    from framecast_video_prediction.task import VideoPrediction

    return VideoPrediction(settings)


def _build_black(settings: framecast.Settings, sample: framecast.SampleShape) -> framecast.VideoModel:
    from framecast_video_prediction.baselines import Black

    return Black()


def _build_last_frame(settings: framecast.Settings, sample: framecast.SampleShape) -> framecast.VideoModel:
    from framecast_video_prediction.baselines import LastFrame

    return LastFrame()


@framecast.hookimpl
def framecast_tasks() -> Iterator[framecast.Task[VideoPredictionSettings]]:
    yield framecast.Task(
        name="video_prediction",
        summary="Predict the next frames of a clip, by the paper's loss and scheduled sampling",
        settings=VideoPredictionSettings,
        build=_build_task,
        frames=lambda settings: settings.frames_in + settings.frames_out,
        horizon=lambda settings: (settings.frames_in, settings.frames_out),
        default_metrics=("mse", "mae", "psnr", "ssim"),
        horizon_settings=("frames_in", "frames_out"),
        baselines=("black", "last_frame"),
        logs=(
            framecast.LoggedValue(
                "truth_ratio", "sampling ratio", note="share of true frames that are fed back", share=True
            ),
        ),
    )


@framecast.hookimpl
def framecast_models() -> Iterator[framecast.Model[framecast.Settings]]:
    yield framecast.Model(
        name="black", summary="Forecasts black frames; no parameters", build=_build_black, baseline=True
    )
    yield framecast.Model(
        name="last_frame",
        summary="Forecasts the last seen frame, again and again; no parameters",
        build=_build_last_frame,
        baseline=True,
    )
    yield framecast.Model(
        name="persistence",
        summary="last_frame by the name it has in forecasting, for jobs of its own; no parameters",
        build=_build_last_frame,
        baseline=True,
    )
