"""Whether a new video is like the clips that a model was trained on, and what was done to make it fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from framecast.data.renormalised_clips import normalise_as
from framecast.errors import InputError
from framecast.evaluation.array_file import ARRAYS
from framecast.evaluation.evaluation_target import EvaluationTarget
from framecast.evaluation.prediction import Prediction
from framecast.plugin.normalisation import Normalisation

_CLIPS = 32
"""Training clips that a video is compared with, evenly spread over them."""
_MUCH_SMALLER = 4.0
"""From here on a source is so much larger than the model's frames that most of what it shows is lost."""
_MARGIN = 0.5
"""By so much of the training clips' own spread a video may lie outside of it."""


def treatment(subject: EvaluationTarget, source: Path, found: Prediction) -> str:
    """What was done to the source: "the middle 720x720 pixels of each frame, resized to 32x32, in grey"."""
    channels, height, width = found.context.shape[1:]
    seen = f"{height}x{width}"
    if source.suffix.lower() in ARRAYS:
        return f"an array of {seen}, as it is"
    region = f"{found.size[0]}x{found.size[1]}"
    described = subject.plan.data.declaration.frame_format
    cropped = described and described(subject.plan.data.settings).crop
    part = f"the middle {region} pixels of each frame" if cropped else f"frames of {region} pixels"
    resized = "" if region == seen else f", resized to {seen}"
    return f"{part}{resized}, in {'grey' if channels == 1 else 'colour'}"


def differences(subject: EvaluationTarget, source: Path, found: Prediction) -> list[str]:
    """What makes the source unlike the training clips of `subject`, a sentence for each; empty where nothing does.

    Where the training data are not here, the last sentence says that they could not be looked at.
    """
    _, height, width = found.context.shape[1:]
    shape = subject.plan.sample_shape
    said = []
    shrunk = max(found.size[0] / height, found.size[1] / width)
    if source.suffix.lower() in ARRAYS and (height, width) != (shape.height, shape.width):
        said.append(f"its frames are {height}x{width}, the model was trained on {shape.height}x{shape.width}")
    elif shrunk >= _MUCH_SMALLER:
        said.append(f"its frames are {shrunk:.0f} times larger than the model's: most of their detail is lost")
    try:
        trained = _training_clips(subject)
    except Exception as error:  # of any plugin's making: the prediction is done, and its data may be elsewhere
        return [*said, f"it could not be compared with the training data ({_one_line(error)})"]
    own = _measures(_as_seen(found.context, subject.normalisation, subject.plan.value_range))
    for name, value in own.items():
        low, high = min(clip[name] for clip in trained), max(clip[name] for clip in trained)
        if not low - _MARGIN * (high - low) - 0.01 <= value <= high + _MARGIN * (high - low) + 0.01:
            said.append(f"its {name} is {value:.2g}, that of training clips {low:.2g} to {high:.2g}")
    return said


def _training_clips(subject: EvaluationTarget) -> list[dict[str, float]]:
    """The measures of some training clips. Raises what the data set raises."""
    plan = subject.plan
    clips = plan.data.build("train", plan.frames)
    clips = normalise_as(clips, subject.normalisation)
    if not len(clips):
        raise InputError("it has no clips")
    chosen = np.unique(np.linspace(0, len(clips) - 1, _CLIPS).astype(int))
    return [
        _measures(_as_seen(np.asarray(clips[int(number)]["frames"]), None, plan.value_range)) for number in chosen
    ]


def _as_seen(
    frames_TCHW: np.ndarray, normalisation: Normalisation | None, limits: tuple[float, float]
) -> np.ndarray:
    """The frames as shares of the value range that the model works in."""
    if normalisation:
        frames_TCHW = normalisation.applied(frames_TCHW)
    values = frames_TCHW.astype(np.float64)
    if frames_TCHW.dtype == np.uint8:
        values /= 255
    low, high = limits
    return (values - low) / (high - low)


def _measures(frames_TCHW: np.ndarray) -> dict[str, float]:
    """What tells kinds of video apart, as shares of the value range."""
    measures: dict[str, Any] = {"mean brightness": np.nanmean(frames_TCHW), "contrast": np.nanstd(frames_TCHW)}
    if len(frames_TCHW) > 1:
        measures["change from frame to frame"] = np.nanmean(np.abs(np.diff(frames_TCHW, axis=0)))
    return {name: float(value) for name, value in measures.items()}


def _one_line(error: Exception) -> str:
    lines = str(error).split("\n")
    return lines[0] or type(error).__name__
