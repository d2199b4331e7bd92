"""Videos decoded when a clip is asked for: reads like a store, takes no disk, but decodes at every step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from framecast.bounded.regular_file import open_regular
from framecast.counting import plural
from framecast.data.damaged_video import DamagedVideo, errors_as_damage
from framecast.data.file_kinds import images_in
from framecast.data.fitting import Fitting
from framecast.data.image_file import is_animated_webp, read_image
from framecast.data.pixels import STORED_BITS, EightBitPixels
from framecast.data.resampling import find_time_breaks, rate_range, resample_times
from framecast.data.source import Source
from framecast.data.store import StoredVideo
from framecast.data.truncation import missing_bytes
from framecast.data.video import VideoReader
from framecast.data.video_container import (
    PacketCount,
    decode_packets,
    frame_orientation,
    open_container,
    pixel_aspect_of,
    stream_decoder,
    video_stream,
)
from framecast.data.video_facts import VideoFacts
from framecast.errors import InputError
from framecast.plugin.frame_format import FrameFormat


@dataclass(frozen=True)
class _Located:
    """Where the frames of one video are. `times` are those of its stored frames, in the stream's own unit, None
    where they can only be counted; `taken` is the stored frame that each frame of the video is, None where all
    are taken."""

    path: Path
    times: np.ndarray | None
    taken: np.ndarray | None = None


class VideoFiles:
    """Stands in for a `Store`. Looks through every file once, counting frames without decoding all of them.

    Files whose first frame cannot be decoded, and those cut short, are in `skipped`; what is wrong later in a file
    is found only when a clip from there is read, which a prepared store would have found before.
    """

    def __init__(self, sources: Sequence[Source], format: FrameFormat) -> None:
        self.shape = format.shape
        self.frame_rate = format.frame_rate
        self.videos: list[StoredVideo] = []
        self.skipped: list[tuple[str, str]] = []
        self._format = format
        self._located: list[_Located] = []
        for source in sources:
            try:
                with errors_as_damage():
                    located, frames, facts = _locate(source.path, format)
            except DamagedVideo as error:
                self.skipped.append((source.name, str(error)))
                continue
            number = len(self._located)
            rate = format.frame_rate if located.taken is not None else facts.rates and sum(facts.rates) / 2
            self.videos.append(StoredVideo(source.name, number, 0, frames, rate, source.facts, facts))
            self._located.append(located)

    def read(self, video: StoredVideo, start: int, count: int, step: int = 1) -> np.ndarray:
        """Frames start, start + step, ... of a video, (count, C, H, W) uint8.

        Raises IndexError beyond the video's frames, InputError where they cannot be decoded.
        """
        if start < 0 or start + (count - 1) * step >= video.frames:
            raise IndexError(f"{plural(count, 'frame')} from {start} of {video.name}, which has {video.frames}")
        located = self._located[video.shard]
        wanted = np.arange(start, start + count * step, step)
        if located.taken is not None:
            wanted = located.taken[wanted]
        unique, places = np.unique(wanted, return_inverse=True)
        stored: list[int] = unique.tolist()
        try:
            with errors_as_damage():
                if located.path.is_dir():
                    frames = _read_images(located.path, stored, self._format)
                elif located.times is None:
                    frames = _count_frames(located.path, stored, self._format)
                else:
                    frames = _seek_frames(located.path, located.times, stored, self._format)
        except DamagedVideo as error:
            raise InputError(
                f"{located.path}: {error}: prepare a store, which leaves damaged videos out"
            ) from None
        return np.stack(frames)[places]


def _locate(path: Path, format: FrameFormat) -> tuple[_Located, int, VideoFacts]:
    """Looks through a file without decoding all of it; also how many frames the video has, and what was found.

    Raises DamagedVideo where that shows that it cannot be read.
    """
    reader = VideoReader(path, replace(format, frame_rate=None))
    frames = iter(reader)
    next(frames)
    if path.is_dir():
        if reader.facts.bits == STORED_BITS:
            _finish(frames)  # only the largest value of all tells how many bits are used
        return _Located(path, None), len(images_in(path)), replace(reader.facts, levels=None)
    clock = _clock(path, reader.times[0]) if reader.times else None
    if clock is None or reader.facts.bits == STORED_BITS:
        _finish(frames)
    count = len(clock.times) if clock else reader.count
    seconds: list[float] = (clock.times * clock.tick).tolist() if clock else reader.times
    breaks = find_time_breaks(seconds)
    facts = replace(reader.facts, levels=None, rates=rate_range(seconds, breaks), breaks=tuple(breaks))
    located = _Located(path, clock.times if clock else None)
    if not format.frame_rate or not len(seconds):
        return located, count, facts
    last = clock.last_duration if clock else reader.last_duration
    taken, breaks = resample_times(seconds, last, format.frame_rate, clock.tick if clock else reader.tick)
    return replace(located, taken=np.array(taken)), len(taken), replace(facts, breaks=tuple(breaks))


def _finish(frames: Iterator[object]) -> None:
    for _ in frames:
        pass


class _Clock(NamedTuple):
    """When the frames of a file are shown, in units of `tick` seconds; `last_duration` is in seconds."""

    times: np.ndarray
    tick: float
    last_duration: float


def _clock(path: Path, begin: float) -> _Clock | None:
    """From the file's packets, without decoding them; `begin` is the time of the first frame that can be decoded.

    None where they do not tell: in animated WebP, and where packets carry no times. Raises DamagedVideo where
    packets are missing.
    """
    with open_regular(path) as stream:
        if is_animated_webp(stream.read(32)):
            return None
        stream.seek(0)
        if missing := missing_bytes(stream):
            raise DamagedVideo(f"it ends early: {plural(missing, 'byte is', 'bytes are')} missing at its end")
        with open_container(stream) as container:
            video = video_stream(container)
            tick = float(video.time_base or 0)
            seen = PacketCount()
            shown = []
            for packet in container.demux(video):
                if packet.size:
                    seen.add(packet)
                    if not packet.is_discard:
                        shown.append((packet.pts, packet.duration or 0))
            seen.ensure_all(container, video)
    if any(pts is None for pts, _ in shown):
        return None
    shown = sorted((pts, duration) for pts, duration in shown if pts is not None and (pts + 0.5) * tick > begin)
    times = np.array([pts for pts, _ in shown], np.int64)
    usual = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    return _Clock(times, tick, (shown[-1][1] or usual) * tick)


def _read_images(folder: Path, wanted: Sequence[int], format: FrameFormat) -> list[np.ndarray]:
    files, fit, pixels, frames = images_in(folder), Fitting(format), EightBitPixels(format), []
    for index in wanted:
        picture = read_image(files[index])
        frames.append(fit(pixels(picture.frame), picture.orientation))
    return frames


def _count_frames(path: Path, wanted: Sequence[int], format: FrameFormat) -> list[np.ndarray]:
    """From the beginning on."""
    found: dict[int, np.ndarray] = {}
    for number, frame in enumerate(VideoReader(path, replace(format, frame_rate=None))):
        if number in wanted:
            found[number] = frame.pixels
            if len(found) == len(wanted):
                return [found[index] for index in wanted]
    raise DamagedVideo(f"its frame {min(set(wanted) - found.keys())} cannot be decoded")


def _seek_frames(path: Path, times: np.ndarray, wanted: Sequence[int], format: FrameFormat) -> list[np.ndarray]:
    """From the key frame before the first wanted one on."""
    import av

    fit, pixels = Fitting(format), EightBitPixels(format)
    found: dict[int, np.ndarray] = {}
    targets = {int(times[index]) for index in wanted}
    try:
        with open_regular(path) as stream, open_container(stream) as container:
            video = video_stream(container)
            decoder, aspect = stream_decoder(video), float(pixel_aspect_of(video))
            container.seek(int(times[wanted[0]]), stream=video)
            for frame in decode_packets(container.demux(video), decoder):
                if frame.pts in targets:
                    found[frame.pts] = fit(pixels(frame), frame_orientation(frame), aspect)
                    if len(found) == len(targets):
                        break
    except (av.FFmpegError, OSError) as error:
        raise DamagedVideo(f"it cannot be decoded: {getattr(error, 'strerror', None) or error}") from None
    if len(found) < len(targets):  # where an edit list joins several parts, seeking may come too late
        return _count_frames(path, wanted, format)
    return [found[int(times[index])] for index in wanted]
