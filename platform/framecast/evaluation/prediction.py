"""Prediction on a new video: read as in training, and the future drawn in the video's own proportions."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from framecast.data.frame_format import FrameFormat
from framecast.data.video import DamagedVideo, read_video
from framecast.errors import InputError, TrainingFailed
from framecast.evaluation.subject import Subject

ARRAYS = {".npy", ".npz"}
DEFAULT_RATE = 10.0
"""Frames per second of what has no clock of its own: folders of images, and arrays."""


PICTURE_HEIGHT = 256


@dataclass(frozen=True)
class Prediction:
    """`context` and `future` in the data's own units, (T, C, H, W); `truth` is as much of the future as is known.

    `rate` is in frames per second, `size` the height and width of the part of the source that the model sees.
    """

    context: np.ndarray
    future: np.ndarray
    truth: np.ndarray
    rate: float
    size: tuple[int, int]
    value_range: tuple[float, float]

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
        size = self.picture_size
        predicted = _pictures(np.concatenate([self.context, self.future]), self.value_range, size)
        if not len(self.truth):
            return predicted
        known = _pictures(np.concatenate([self.context, self.truth]), self.value_range, size)
        dark = np.zeros((len(predicted) - len(known), *known.shape[1:]), np.uint8)
        gap = np.full((len(predicted), predicted.shape[1], 4, 3), 128, np.uint8)
        return np.concatenate([np.concatenate([known, dark]), gap, predicted], axis=2)


def predict(subject: Subject, source: Path, start: int, frames_in: int, frames_out: int) -> Prediction:
    """Predicts `frames_out` frames after the `frames_in` that begin with frame `start` of a video.

    `start` counts in the model's frames, `frame_step` of the video's apart. Raises InputError where the source
    cannot be read or is too short, TrainingFailed where the model predicts what is no number.
    """
    import torch

    plan = subject.plan
    frames_TCHW, rate, size = _read(subject, source, start + frames_in + frames_out)
    frames_TCHW = frames_TCHW[start:]
    if len(frames_TCHW) < frames_in:
        raise InputError(
            f"{source} has {max(0, len(frames_TCHW))} frames from {start} on, the model is to see {frames_in}: "
            "lower --frames-in or --start"
        )
    low, high = plan.value_range
    seen_TCHW = frames_TCHW.astype(np.float32)
    if subject.normalisation:
        seen_TCHW = subject.normalisation.applied(frames_TCHW)
    elif frames_TCHW.dtype == np.uint8:
        seen_TCHW /= 255
    with torch.no_grad():
        model = subject.model(torch.device("cpu"))
        context_BTCHW = torch.from_numpy(seen_TCHW[None, :frames_in])
        future = model(context_BTCHW, frames_out)[0, -frames_out:].float().numpy()
    if not np.isfinite(future).all():
        raise TrainingFailed(f"{subject.label} predicts values that are not numbers: its training has diverged")
    if subject.normalisation:
        low, high = (
            float(subject.normalisation.undone(np.full((1, 1, 1, 1), edge))[0, 0, 0, 0]) for edge in (low, high)
        )
        seen_TCHW, future = frames_TCHW.astype(np.float32), subject.normalisation.undone(future)
    known = seen_TCHW[frames_in : frames_in + frames_out]
    return Prediction(seen_TCHW[:frames_in], future, known, rate, size, (low, high))


def _read(subject: Subject, source: Path, most: int) -> tuple[np.ndarray, float, tuple[int, int]]:
    """At most so many frames (T, C, H, W) as the model's data are made, their rate, and the source's size."""
    plan, data = subject.plan, subject.plan.data
    shape = plan.sample_shape
    if source.suffix in ARRAYS:
        frames = _array(source, shape.channels)[:most]
        return frames, DEFAULT_RATE, (frames.shape[2], frames.shape[3])
    if not source.exists():
        raise InputError(f"{source}: no such file or folder")
    described = data.declaration.frame_format
    wanted = described(data.settings) if described else _plain(shape.channels, shape.height, shape.width)
    step = data.declaration.frame_step(data.settings)
    try:
        found = list(islice(read_video(source, wanted), 0, (most - 1) * step + 1, step))
    except DamagedVideo as error:
        raise InputError(f"{source}: {error}") from None
    rate = (found[0].rate or DEFAULT_RATE) / step
    return np.stack([frame.pixels for frame in found]), rate, wanted.source_region(*found[0].size)


def _plain(channels: int, height: int, width: int) -> FrameFormat:
    if channels not in (1, 3):
        raise InputError(f"the model sees {channels} channels, a video has 1 or 3: hand it an array (.npy)")
    return FrameFormat(height, width, channels)


def _array(source: Path, channels: int) -> np.ndarray:
    """(T, C, H, W) from (T, H, W) or (T, C, H, W), or (T, H, W, C) of pictures."""
    try:
        loaded = np.load(source)
        array = loaded if isinstance(loaded, np.ndarray) else loaded[loaded.files[0]]
    except (OSError, ValueError, IndexError) as error:
        raise InputError(f"{source} is not an array that NumPy reads: {error}") from None
    if array.ndim == 3:
        array = array[:, None]
    if array.ndim == 4 and array.shape[1] != channels and array.shape[3] == channels:
        array = np.moveaxis(array, 3, 1)
    if array.ndim != 4 or array.shape[1] != channels or array.dtype.kind not in "uif":
        raise InputError(
            f"{source} holds {array.dtype} of shape {array.shape}, the model needs (T, {channels}, H, W) numbers"
        )
    return array if array.dtype == np.uint8 else array.astype(np.float32)


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
