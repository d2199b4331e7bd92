"""The frames of a new video, array or file of fields, read as the model's training data were."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from framecast.counting import plural
from framecast.data.damaged_video import DamagedVideo, UnknownWhite
from framecast.data.pixels import STORED_BITS
from framecast.data.resampling import find_time_breaks
from framecast.data.store import StoredVideo
from framecast.data.video import VideoReader
from framecast.data.video_notes import reading_notes
from framecast.errors import InputError
from framecast.evaluation.array_file import ARRAYS, load_array, order_axes, picture_scale
from framecast.evaluation.evaluation_target import EvaluationTarget
from framecast.job.plugin_config import PluginConfig
from framecast.plugin.data_note import DataNote
from framecast.plugin.frame_format import FrameFormat
from framecast.plugin.normalisation import Normalisation

DEFAULT_RATE = 10.0
"""Frames per second of what has no clock: folders of images, and arrays."""
_MUCH_MISSING = 0.5
"""Share of missing values from which on there is probably a mistake."""
_FAR = 20
"""Scales of the training data that values may be off."""


class SourceFrames(NamedTuple):
    """Frames (T, C, H, W) float32: pictures in the model's range, fields in physical units."""

    frames: np.ndarray
    rate: float
    size: tuple[int, int]
    notes: tuple[DataNote, ...]


def read_source(
    subject: EvaluationTarget, source: Path, start: int, count: int, bit_depth: int | None
) -> SourceFrames:
    """At most `count` frames from the one of number `start` on, taken as the model's data are."""
    data = subject.plan.data
    step = data.declaration.frame_step(data.settings)
    if data.declaration.read_source and subject.normalisation:
        found = _read_fields(subject.normalisation, data, source, start, count)
    elif source.suffix.lower() in ARRAYS:
        found = _read_array(subject, source, start, count, step)
    else:
        found = _read_video(subject, source, start, count, step, bit_depth)
    if step == 1:
        return found
    every = DataNote(source.name, f"one frame of {step} is taken, as in training (frame_step)")
    return found._replace(notes=(*found.notes, every))


def _read_fields(
    trained: Normalisation, data: PluginConfig[Any], source: Path, start: int, count: int
) -> SourceFrames:
    frames = data.declaration.read_source(data.settings, source, trained, start, count)
    units = [*trained.units, *[""] * (len(trained.names) - len(trained.units))]
    channels = [f"{name} in {unit}" if unit else name for name, unit in zip(trained.names, units, strict=True)]
    notes = [DataNote(source.name, f"channels {', '.join(channels)}")] if channels else []
    if data.declaration.source_notes:
        notes += data.declaration.source_notes(data.settings, source, trained)
    notes += _missing_notes(source.name, frames)
    notes += _unit_warnings(source.name, frames, trained)
    return SourceFrames(frames.astype(np.float32), DEFAULT_RATE, (frames.shape[2], frames.shape[3]), tuple(notes))


def _read_array(subject: EvaluationTarget, source: Path, start: int, count: int, step: int) -> SourceFrames:
    plan, where = subject.plan, str(source)
    array, assumptions = order_axes(load_array(source), plan.sample_shape, where)
    frames = array[start * step :: step][:count]
    notes = [DataNote(source.name, text) for text in assumptions]
    if subject.normalisation:
        frames = frames.astype(np.float32)
        notes += _missing_notes(source.name, frames)
        notes += _unit_warnings(source.name, frames, subject.normalisation)
    else:
        scale = picture_scale(
            array, plan.value_range, where
        )  # of all frames, so that it depends on no other choice
        notes += [DataNote(source.name, text) for text in scale.assumptions]
        frames = scale.apply(frames)
    return SourceFrames(frames, DEFAULT_RATE, (array.shape[2], array.shape[3]), tuple(notes))


def _missing_notes(name: str, frames_TCHW: np.ndarray) -> list[DataNote]:
    """How many values of each channel are missing. Raises InputError where all of a channel's are."""
    notes = []
    for channel in range(frames_TCHW.shape[1] if frames_TCHW.size else 0):
        values = frames_TCHW[:, channel]
        missing = 1 - np.isfinite(values).mean()
        if missing == 1:
            raise InputError(f"{name}: channel {channel} has no finite number in the frames that the model sees")
        if missing:
            share = f"{100 * missing:.1f} %" if missing >= 0.001 else "under 0.1 %"
            text = f"channel {channel}: {share} of its values are missing, filled as in training"
            notes.append(DataNote(name, text, bool(missing > _MUCH_MISSING)))
        if infinite := int(np.isinf(values).sum()):
            text = f"channel {channel}: {plural(infinite, 'infinite value')}, taken as missing"
            notes.append(DataNote(name, text, True))
    return notes


def _unit_warnings(name: str, frames_TCHW: np.ndarray, normalisation: Normalisation) -> list[DataNote]:
    """Where a channel is far from all that the model has seen: the units are probably others."""
    notes = []
    for channel, (offset, scale) in enumerate(zip(normalisation.offset, normalisation.scale, strict=True)):
        values = frames_TCHW[:, channel][np.isfinite(frames_TCHW[:, channel])]
        usual = float(np.median(values)) if values.size else offset
        if abs(usual - offset) > _FAR * scale:
            text = (
                f"channel {channel} has values around {usual:g}, and in training they were around {offset:g} give "
                f"or take {scale:g}: are these the same units?"
            )
            notes.append(DataNote(name, text, True))
    return notes


def _read_video(
    subject: EvaluationTarget, source: Path, start: int, count: int, step: int, bit_depth: int | None
) -> SourceFrames:
    plan, data = subject.plan, subject.plan.data
    shape = plan.sample_shape
    if not source.exists():
        raise InputError(f"{source}: no such file or folder")
    described = data.declaration.frame_format
    wanted = described(data.settings) if described else _plain_format(shape.channels, shape.height, shape.width)
    if bit_depth:
        wanted = replace(wanted, bit_depth=bit_depth)
    reader = VideoReader(source, wanted)
    begin, end = start * step, (start + count - 1) * step + 1
    try:
        frames = iter(reader)
        first = next(frames)
        found = [frame.pixels for frame in islice(chain([first], frames), begin, end, step)]
        if reader.facts.bits == STORED_BITS and wanted.bit_depth is None:
            for _ in frames:  # only the largest value of all tells how many bits are used
                pass
    except UnknownWhite as error:
        raise InputError(f"{source}: {error.advise('--bit-depth ')}") from None
    except DamagedVideo as error:
        raise InputError(f"{source}: {error}") from None
    pixels = np.stack(found) if found else np.empty((0, *wanted.shape), np.uint8)
    rate = wanted.frame_rate if wanted.frame_rate and reader.times else first.rate or DEFAULT_RATE
    notes = _video_notes(reader, source, wanted, range(begin, end), type(data.settings).model_fields)
    return SourceFrames(pixels / np.float32(255), rate / step, wanted.source_region(*first.size), notes)


def _video_notes(
    reader: VideoReader, source: Path, format: FrameFormat, used: range, settings: Collection[str]
) -> tuple[DataNote, ...]:
    """What training says of its videos, of those frames that are used; it advises only what is in `settings`."""
    facts = reader.facts
    breaks = facts.breaks or (() if format.frame_rate else tuple(find_time_breaks(reader.times)))
    facts = replace(facts, breaks=tuple(place for place in breaks if used.start < place < used.stop), levels=None)
    video = StoredVideo(source.name, 0, 0, reader.count, reading=facts)
    notes = reading_notes([video], format.frame_rate, settings)[1:]
    if format.frame_rate and not reader.times:
        text = f"it has no clock: its frames are taken as {format.frame_rate:g} a second, as in training"
        notes.append(DataNote(source.name, text))
    return tuple(notes)


def _plain_format(channels: int, height: int, width: int) -> FrameFormat:
    if channels not in (1, 3):
        raise InputError(
            f"the model sees {plural(channels, 'channel')}, a video has 1 or 3: hand it an array (.npy)"
        )
    return FrameFormat(height, width, channels)
