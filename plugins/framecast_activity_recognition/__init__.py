"""Early activity recognition: name what a clip shows after seeing its beginning, and predict how it goes on."""

from __future__ import annotations

from collections.abc import Iterator

import framecast
from framecast_activity_recognition.settings import NO_FRAMES, EarlyActivityRecognitionSettings


def _build(settings: EarlyActivityRecognitionSettings) -> framecast.TrainingTask:
    from framecast_activity_recognition.task import EarlyActivityRecognition

    return EarlyActivityRecognition(settings)


def _accepts(settings: EarlyActivityRecognitionSettings, predicts_frames: bool) -> str | None:
    return NO_FRAMES if settings.prediction_weight and not predicts_frames else None


@framecast.hookimpl
def framecast_tasks() -> Iterator[framecast.Task[EarlyActivityRecognitionSettings]]:
    yield framecast.Task(
        name="early_activity_recognition",
        summary="Name the action in a clip after a part of it, and predict the frames that follow",
        settings=EarlyActivityRecognitionSettings,
        build=_build,
        frames=lambda settings: settings.frames,
        default_metrics=("accuracy", "top5_accuracy", "class_accuracy"),
        requires="logits",
        readings=lambda settings: tuple(settings.observed),
        horizon=lambda settings: (settings.frames_in, settings.frames_out),
        horizon_settings=(None, "frames_out"),
        accepts=_accepts,
        logs=(
            framecast.LoggedValue("classification", "classification loss"),
            framecast.LoggedValue("prediction", "prediction loss"),
        ),
    )
