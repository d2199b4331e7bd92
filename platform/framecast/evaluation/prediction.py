"""Prediction on a new video: read as in training, and the future drawn in the video's own proportions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from framecast.counting import plural
from framecast.errors import InputError, TrainingFailed
from framecast.evaluation.evaluation_target import EvaluationTarget
from framecast.evaluation.source_frames import read_source
from framecast.plugin.data_note import DataNote

if TYPE_CHECKING:
    import torch

PICTURE_HEIGHT = 256
"""Pixels that a picture is high at most, unless the model's own frames are higher."""


@dataclass(frozen=True)
class Prediction:
    """`context` and `future` in the data's own units, (T, C, H, W); `truth` is as much of the future as is known.

    `rate` is in frames per second, `size` the height and width of the part of the source that the model sees;
    `notes` say how it was read. Of channels that are no `colours` pictures show the first.
    """

    context: np.ndarray
    future: np.ndarray
    truth: np.ndarray
    rate: float
    size: tuple[int, int]
    value_range: tuple[float, float]
    notes: tuple[DataNote, ...] = ()
    colours: bool = True

    @property
    def picture_size(self) -> tuple[int, int]:
        """Height and width of one picture: the source's, but no higher than 256 pixels or the model's own frames.
        Larger pictures would show no more."""
        height, width = self.size
        highest = max(self.context.shape[2], PICTURE_HEIGHT)
        return self.size if height <= highest else (highest, max(2, round(highest * width / height)))

    def pictures(self) -> np.ndarray:
        """(T, H, W, 3) uint8, time over context and future: the prediction, with the truth on its left if any is
        known. A frame of the truth that is not known is dark."""
        predicted = self._drawn(np.concatenate([self.context, self.future]))
        if not len(self.truth):
            return predicted
        known = self._drawn(np.concatenate([self.context, self.truth]))
        dark = np.zeros((len(predicted) - len(known), *known.shape[1:]), np.uint8)
        gap = np.full((len(predicted), predicted.shape[1], 4, 3), 128, np.uint8)
        return np.concatenate([np.concatenate([known, dark]), gap, predicted], axis=2)

    def _drawn(self, frames_TCHW: np.ndarray) -> np.ndarray:
        shown_TCHW = frames_TCHW if self.colours else frames_TCHW[:, :1]
        return _pictures(shown_TCHW, self.value_range, self.picture_size)


def predict(
    subject: EvaluationTarget,
    source: Path,
    start: int,
    frames_in: int,
    frames_out: int,
    bit_depth: int | None = None,
    device: torch.device | None = None,
) -> Prediction:
    """Predicts `frames_out` frames after the `frames_in` that begin with frame `start` of a video.

    `start` counts in the model's frames, `frame_step` of the video's apart. `bit_depth` is the number of bits of
    the source's values where they are stored in 16; None takes it as in training. `device` is where to compute, on
    the CPU if None. Raises InputError where the source cannot be read or is too short, TrainingFailed where the
    model predicts what is no number.
    """
    import torch

    from framecast.engine.out_of_memory import translate_prediction_oom
    from framecast.engine.strategies.precision import float32_products

    plan = subject.plan
    read = read_source(subject, source, start, frames_in + frames_out, bit_depth)
    frames_TCHW = read.frames
    if len(frames_TCHW) < frames_in:
        until = " up to a break in time" if plan.data.declaration.read_source else ""
        raise InputError(
            f"{source} has {plural(len(frames_TCHW), 'frame')} from {start} on{until}, the model is to see "
            f"{frames_in}: lower --frames-in or --start"
        )
    low, high = plan.value_range
    seen_TCHW = subject.normalisation.applied(frames_TCHW) if subject.normalisation else frames_TCHW
    with torch.no_grad(), float32_products(), translate_prediction_oom():
        place = device or torch.device("cpu")
        model = subject.model(place)
        context_BTCHW = torch.from_numpy(seen_TCHW[None, :frames_in]).to(place)
        future = model(context_BTCHW, frames_out)[0, -frames_out:].float().cpu().numpy()
    if not np.isfinite(future).all():
        raise TrainingFailed(f"{subject.label} predicts values that are not numbers: its training has diverged")
    if subject.normalisation:
        low, high = (
            float(subject.normalisation.undone(np.full((1, 1, 1, 1), edge))[0, 0, 0, 0]) for edge in (low, high)
        )
        seen_TCHW, future = frames_TCHW.astype(np.float32), subject.normalisation.undone(future)
    known = seen_TCHW[frames_in : frames_in + frames_out]
    colours = plan.data.declaration.colours
    return Prediction(seen_TCHW[:frames_in], future, known, read.rate, read.size, (low, high), read.notes, colours)


def _pictures(frames_TCHW: np.ndarray, value_range: tuple[float, float], size: tuple[int, int]) -> np.ndarray:
    """(T, H, W, 3) uint8 of that height and width; grey from one channel, and from the first of other numbers."""
    from PIL import Image

    low, high = value_range
    scaled = np.rint(255 * np.clip((np.nan_to_num(frames_TCHW) - low) / (high - low), 0, 1)).astype(np.uint8)
    if scaled.shape[1] != 3:
        scaled = scaled[:, :1].repeat(3, 1)
    height, width = size
    return np.stack(
        [
            np.asarray(Image.fromarray(frame_HWC).resize((width, height), Image.Resampling.BILINEAR))
            for frame_HWC in np.ascontiguousarray(np.moveaxis(scaled, 1, -1))
        ]
    )
