"""A contact sheet: some clips of each split of a data set, a row of frames for each."""

from __future__ import annotations

import io
from collections.abc import Mapping

import numpy as np
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

from framecast.data.own_output import OWN_OUTPUT
from framecast.plugin.protocols.clip_dataset import ClipDataset

_FRAMES, _HEIGHT, _GAP, _LABEL = 8, 72, 3, 84
_PAPER, _INK = (250, 250, 250), (60, 64, 72)


def contact_sheet(
    splits: Mapping[str, ClipDataset], value_range: tuple[float, float], colours: bool = True
) -> bytes | None:
    """A PNG with clips from the beginning, middle and end of each split; None where no split has any.

    Frames are grey from one channel, and from the first of several; three are red, green and blue where the data
    have `colours`.
    """
    rows = [
        (split, _strip(data[index]["frames"], value_range, colours))
        for split, data in splits.items()
        for index in _some(data)
    ]
    if not rows:
        return None
    width = max(strip.width for _, strip in rows)
    sheet = Image.new("RGB", (_LABEL + width + _GAP, len(rows) * (_HEIGHT + _GAP) + _GAP), _PAPER)
    pen = ImageDraw.Draw(sheet)
    before = None
    for row, (split, strip) in enumerate(rows):
        top = _GAP + row * (_HEIGHT + _GAP)
        if split != before:
            pen.text((6, top + 4), split, fill=_INK)
        before = split
        sheet.paste(strip, (_LABEL, top))
    stream = io.BytesIO()
    comment = PngInfo()
    comment.add_text("Comment", OWN_OUTPUT)
    sheet.save(stream, "PNG", optimize=True, pnginfo=comment)
    return stream.getvalue()


def _some(data: ClipDataset) -> list[int]:
    count = len(data)
    return sorted({0, count // 2, count - 1}) if count else []


def _strip(frames: object, value_range: tuple[float, float], colours: bool) -> Image.Image:
    clip_TCHW = np.asarray(frames)
    clip_TCHW = clip_TCHW[np.linspace(0, len(clip_TCHW) - 1, min(_FRAMES, len(clip_TCHW))).round().astype(int)]
    if clip_TCHW.dtype != np.uint8:
        low, high = value_range
        clip_TCHW = np.rint(255 * np.clip((clip_TCHW - low) / (high - low), 0, 1)).astype(np.uint8)
    if clip_TCHW.shape[1] != 3 or not colours:
        clip_TCHW = clip_TCHW[:, :1].repeat(3, 1)
    height, width = _fitted(clip_TCHW.shape[2], clip_TCHW.shape[3])
    strip = Image.new("RGB", (len(clip_TCHW) * (width + _GAP), _HEIGHT), _PAPER)
    for column, frame_CHW in enumerate(clip_TCHW):
        picture = Image.fromarray(np.ascontiguousarray(np.moveaxis(frame_CHW, 0, -1)))
        strip.paste(picture.resize((width, height)), (column * (width + _GAP), (_HEIGHT - height) // 2))
    return strip


def _fitted(height: int, width: int) -> tuple[int, int]:
    """As tall as a row, but no more than twice as wide."""
    scale = min(_HEIGHT / height, 2 * _HEIGHT / width)
    return max(1, round(height * scale)), max(1, round(width * scale))
