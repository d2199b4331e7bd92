"""Pictures of a few held-out clips: a filmstrip, and an animation of truth beside prediction."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

_GAP = 2
_LABEL = 72
_FRAME_MS = 180
_DARK, _SEEN, _GUESSED = (24, 26, 31), (120, 128, 140), (235, 150, 60)


@dataclass(frozen=True)
class Clips:
    """uint8 clips (B, T, C, H, W): what the model saw, what came, and what it predicted."""

    context: np.ndarray
    target: np.ndarray
    prediction: np.ndarray


def filmstrip(clips: Clips, index: int, most: int = 10) -> bytes:
    """A PNG: the seen frames, and below each other the true and the predicted future."""
    context, target, prediction = (
        _thinned(rows[index], most) for rows in (clips.context, clips.target, clips.prediction)
    )
    height, width = _size(target)
    scale = max(1, 64 // height)
    height, width = height * scale, width * scale
    columns = len(context) + len(target)
    sheet = Image.new("RGB", (_LABEL + columns * (width + _GAP) + 3 * _GAP, 2 * (height + _GAP) + _GAP), _DARK)
    pen = ImageDraw.Draw(sheet)
    for row, (label, frames) in enumerate((("truth", target), ("prediction", prediction))):
        top = _GAP + row * (height + _GAP)
        pen.text((4, top + height // 2 - 5), label, fill=(230, 230, 230))
        for column, frame in enumerate(context if row == 0 else []):
            sheet.paste(_picture(frame, scale), (_LABEL + column * (width + _GAP), top))
        for column, frame in enumerate(frames):
            left = _LABEL + 3 * _GAP + (len(context) + column) * (width + _GAP)
            sheet.paste(_picture(frame, scale), (left, top))
    border = _LABEL + len(context) * (width + _GAP) + _GAP
    pen.line([(border, 0), (border, sheet.height)], fill=_GUESSED, width=2)
    pen.text((_LABEL, _GAP + height + _GAP + height // 2 - 5), "seen frames above, then the future", fill=_SEEN)
    return _encoded(sheet, "PNG")


def animation(clips: Clips, most: int = 4) -> bytes:
    """A GIF that loops: truth above, prediction below; an orange frame once the model predicts."""
    count = min(most, len(clips.target))
    height, width = _size(clips.target[0])
    scale = max(1, 96 // height)
    seen = clips.context.shape[1]
    pictures = []
    for time in range(seen + clips.target.shape[1]):
        columns = []
        for index in range(count):
            if time < seen:
                pair = [clips.context[index, time]] * 2
            else:
                pair = [clips.target[index, time - seen], clips.prediction[index, time - seen]]
            columns.append([_picture(frame, scale) for frame in pair])
        step_x, step_y = width * scale + 6, height * scale + 6
        sheet = Image.new("RGB", (count * step_x + 6, 2 * step_y + 6), _DARK)
        pen = ImageDraw.Draw(sheet)
        for column, pair_pictures in enumerate(columns):
            for row, picture in enumerate(pair_pictures):
                left, top = 6 + column * step_x, 6 + row * step_y
                colour = _GUESSED if row and time >= seen else _SEEN
                pen.rectangle(
                    [left - 2, top - 2, left + picture.width + 1, top + picture.height + 1], outline=colour
                )
                sheet.paste(picture, (left, top))
        pictures.append(sheet)
    stream = io.BytesIO()
    durations = [_FRAME_MS] * (len(pictures) - 1) + [5 * _FRAME_MS]
    pictures[0].save(stream, "GIF", save_all=True, append_images=pictures[1:], duration=durations, loop=0)
    return stream.getvalue()


def data_address(content: bytes, kind: str) -> str:
    """The content as an address that a page can hold within itself."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _thinned(frames: np.ndarray, most: int) -> np.ndarray:
    """At most `most` frames, evenly spaced, the first and last always among them."""
    if len(frames) <= most:
        return frames
    return frames[np.linspace(0, len(frames) - 1, most).round().astype(int)]


def _size(frames: np.ndarray) -> tuple[int, int]:
    return frames.shape[-2], frames.shape[-1]


def _picture(frame_CHW: np.ndarray, scale: int) -> Image.Image:
    """One frame; grey from one channel, colour from three, the first channel of any other number."""
    frame_HWC = np.moveaxis(frame_CHW, 0, -1)
    picture = Image.fromarray(frame_HWC if frame_HWC.shape[-1] == 3 else frame_HWC[..., 0]).convert("RGB")
    return picture.resize((picture.width * scale, picture.height * scale), Image.Resampling.NEAREST)


def _encoded(picture: Image.Image, kind: str) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, optimize=True)
    return stream.getvalue()
