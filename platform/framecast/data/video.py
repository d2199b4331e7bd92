"""Reading videos in the format of a data set: files of any format that FFmpeg knows, and folders of images."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np

from framecast.data.damaged_video import DamagedVideo, errors_as_damage
from framecast.data.fitting import Fitting
from framecast.data.pixels import EightBitPixels
from framecast.data.resampling import Resampler, find_time_breaks, rate_range
from framecast.data.shown_frames import ShownFrame, ShownFrames
from framecast.data.video_facts import VideoFacts
from framecast.plugin.frame_format import FrameFormat


class Frame(NamedTuple):
    """A decoded frame, (C, H, W) uint8; the video's frames per second (None where it has no clock), and the height
    and width that its frames had before, as shown."""

    pixels: np.ndarray
    rate: float | None
    size: tuple[int, int]


class VideoReader:
    """The frames of a video file or of a folder of images, one after another, in `format`, as players show them:
    turned, in square pixels, without what an edit list hides, and without transparency.

    Iterate once. `facts` say what was found so far, `count` how many stored frames were read, `times` when they
    are shown, exact to a `tick`; all times are in seconds. Raises DamagedVideo, and nothing else, where the video
    cannot be decoded, ends before it should, changes size, has no frames or more pixels than the limits allow.
    """

    def __init__(self, source: Path | IO[bytes], format: FrameFormat) -> None:
        self.times: list[float] = []
        self.last_duration = 0.0
        self._shown = ShownFrames(source)
        self._format = format
        self._pixels = EightBitPixels(format)
        self._resampled_rate: float | None = None
        self._first: ShownFrame | None = None
        self._breaks: tuple[int, ...] = ()
        self._first_break = ""
        self._levels: tuple[int, int] | None = None

    @property
    def count(self) -> int:
        return self._shown.count

    @property
    def tick(self) -> float:
        return self._shown.tick

    @property
    def rate(self) -> float | None:
        """Frames per second; None where the video has no clock."""
        return self._resampled_rate or self._shown.rate

    @property
    def facts(self) -> VideoFacts:
        """Of the frames that were read so far."""
        aspect = self._first.pixel_aspect if self._first else Fraction(1)
        return VideoFacts(
            size=self._first.size if self._first else (0, 0),
            orientation=self._first.orientation.text if self._first else "",
            pixel_aspect=f"{aspect.numerator}:{aspect.denominator}" if aspect != 1 else "",
            bits=self._pixels.bits,
            transparent=self._pixels.transparent,
            rates=rate_range(self.times, find_time_breaks(self.times)),
            breaks=self._breaks or self._shown.number_breaks.places,
            first_break=self._first_break or self._shown.number_breaks.first,
            levels=self._levels,
            remarks=tuple(self._shown.remarks),
        )

    def __iter__(self) -> Iterator[Frame]:
        with errors_as_damage():
            for pixels in self._resampled() if self._format.frame_rate else self._fitted():
                self._see_levels(pixels)
                assert self._first is not None
                yield Frame(pixels, self.rate, self._first.size)
            if self._first is None:
                raise DamagedVideo("it has no frames")
            self._pixels.check()

    def _fitted(self) -> Iterator[np.ndarray]:
        """Every frame, in the format."""
        for shown, pixels in self._read():
            if shown.time is not None:
                self.times.append(shown.time)
            yield pixels
        if places := find_time_breaks(self.times):
            self._breaks = tuple(places)
            before, after = self.times[places[0] - 1], self.times[places[0]]
            self._first_break = f"from {before:.2f} to {after:.2f} seconds"

    def _resampled(self) -> Iterator[np.ndarray]:
        """The frame that is shown at each instant. Images have no clock and are taken as they are."""
        rate = self._format.frame_rate
        assert rate
        resampler: Resampler[np.ndarray] | None = None
        for shown, pixels in self._read():
            if shown.time is None:
                yield pixels
                continue
            resampler = resampler or Resampler(rate, self.tick)
            self.times.append(shown.time)
            yield from resampler.add(shown.time, pixels)
        if resampler:
            yield from resampler.finish(self.last_duration or _usual_interval(self.times))
            self._breaks = tuple(resampler.breaks)
            self._first_break = "for over ten seconds" if self._breaks else ""
            self._resampled_rate = rate

    def _read(self) -> Iterator[tuple[ShownFrame, np.ndarray]]:
        """Each frame as stored, checked and fitted."""
        fit = Fitting(self._format)
        for shown in self._shown:
            self._first = self._first or shown
            if shown.size != self._first.size:
                before, now = _text(self._first.size), _text(shown.size)
                raise DamagedVideo(f"it changes size at {shown.name}, from {before} to {now}")
            self.last_duration = shown.duration
            yield shown, fit(self._pixels(shown.frame), shown.orientation, float(shown.pixel_aspect))

    def _see_levels(self, pixels: np.ndarray) -> None:
        least, most = self._levels or (255, 0)
        self._levels = min(least, int(pixels.min())), max(most, int(pixels.max()))


def _usual_interval(times: list[float]) -> float:
    return float(np.median(np.diff(times))) if len(times) > 1 else 0.0


def _text(size: tuple[int, int]) -> str:
    return f"{size[1]}x{size[0]}"
