"""Pictures of held-out clips: strips of frames, and animations of truth beside prediction.

Small frames keep their own size in pixels, the page enlarges them without blurring; large ones are reduced.
"""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass

import numpy as np
from PIL import Image

from framecast.data.prediction_mark import mark_prediction

_FRAME_MS, _LAST_FRAME_MS = 180, 1200
_LARGEST = 128
_PAPER = (128, 128, 128)


@dataclass(frozen=True)
class Clips:
    """uint8 clips (B, T, C, H, W): what the model saw, what came, and what it predicted; maybe the losses (B,)."""

    context: np.ndarray
    target: np.ndarray
    prediction: np.ndarray
    losses: np.ndarray | None = None


def thinned(length: int, most: int) -> list[int]:
    """At most `most` of `length` frames, evenly spaced, the first and the last always among them."""
    if length <= most:
        return list(range(length))
    chosen: list[int] = np.linspace(0, length - 1, most).round().astype(int).tolist()
    return chosen


def strip(frames_TCHW: np.ndarray) -> bytes:
    """A PNG of frames from left to right, a transparent gap before each but the first."""
    width, height = _size(frames_TCHW)
    gap = _gap(width)
    sheet = Image.new("RGBA", (len(frames_TCHW) * (width + gap) - gap, height), (0, 0, 0, 0))
    for column, frame_CHW in enumerate(frames_TCHW):
        sheet.paste(_picture(frame_CHW), (column * (width + gap), 0))
    stream = io.BytesIO()
    sheet.save(stream, "PNG", optimize=True)
    return stream.getvalue()


def animation(context_TCHW: np.ndarray, target_TCHW: np.ndarray, *predictions_TCHW: np.ndarray) -> bytes:
    """A GIF that loops: the truth, then the prediction or several of them. A bar below grows with time, and turns
    blue where the prediction begins."""
    width, height = _size(target_TCHW)
    gap, seen = _gap(width), len(context_TCHW)
    sheets = []
    for time in range(seen + len(target_TCHW)):
        clips = (target_TCHW, *predictions_TCHW)
        shown = [context_TCHW[time] if time < seen else clip[time - seen] for clip in clips]
        sheet = Image.new("RGB", (len(shown) * (width + gap) - gap, height), _PAPER)
        for column, frame_CHW in enumerate(shown):
            sheet.paste(_picture(frame_CHW), (column * (width + gap), 0))
        sheets.append(np.asarray(sheet))
    pictures = [Image.fromarray(picture) for picture in mark_prediction(np.stack(sheets), seen)]
    stream = io.BytesIO()
    durations = [_FRAME_MS] * (len(pictures) - 1) + [_LAST_FRAME_MS]
    pictures[0].save(stream, "GIF", save_all=True, append_images=pictures[1:], duration=durations, loop=0)
    return stream.getvalue()


def data_address(content: bytes, kind: str) -> str:
    """The content as an address that a page can hold within itself."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _gap(width: int) -> int:
    return max(1, width // 24)


def _picture(frame_CHW: np.ndarray) -> Image.Image:
    """One frame; grey from one channel, colour from three, the first channel of any other number."""
    frame_HWC = np.moveaxis(frame_CHW, 0, -1)
    frame = frame_HWC if frame_HWC.shape[-1] == 3 else frame_HWC[..., 0]
    picture = Image.fromarray(np.ascontiguousarray(frame)).convert("RGB")
    size = _size(frame_CHW)
    return picture if picture.size == size else picture.resize(size, Image.Resampling.BOX)


def _size(frames: np.ndarray) -> tuple[int, int]:
    """Width and height to show, at most so many pixels on the longer side."""
    height, width = frames.shape[-2:]
    reduced = min(1.0, _LARGEST / max(height, width))
    return max(1, round(width * reduced)), max(1, round(height * reduced))
