"""Reading videos: files of any format that FFmpeg knows, and folders of images."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

import numpy as np

from framecast.bounded.limit import FRAME_PIXELS, PIXELS_PER_BYTE, VIDEO_PIXELS
from framecast.bounded.regular_file import open_regular
from framecast.counting import plural
from framecast.data.damaged_video import DamagedVideo, errors_as_damage
from framecast.data.fitting import Fitting
from framecast.data.image_file import is_animated_webp, read_animation, read_image
from framecast.data.image_numbers import find_number_breaks
from framecast.data.orientation import UPRIGHT, Orientation
from framecast.data.own_output import CONTACT_SHEET, is_own_output
from framecast.data.pixels import EightBitPixels
from framecast.data.resampling import Resampler, find_time_breaks, rate_range
from framecast.data.truncation import missing_bytes
from framecast.data.video_container import (
    PacketCount,
    decode_packets,
    frame_orientation,
    is_too_large,
    open_container,
    pixel_aspect_of,
    stream_decoder,
    video_stream,
)
from framecast.data.video_facts import VideoFacts
from framecast.plugin.frame_format import FrameFormat

if TYPE_CHECKING:
    import av
    from av.container import InputContainer
    from av.video.stream import VideoStream

IMAGES = {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp"}
VIDEOS = {".mp4", ".avi", ".webm", ".mkv", ".mov", ".m4v", ".mpg", ".mpeg", ".gif", ".apng"}

__all__ = ["IMAGES", "VIDEOS", "DamagedVideo", "Frame", "VideoReader", "images_in", "is_video_file", "read_video"]


class Frame(NamedTuple):
    """A decoded frame, (C, H, W) uint8; the video's frames per second (None where it has no clock), and the height
    and width that its frames had before, as shown."""

    pixels: np.ndarray
    rate: float | None
    size: tuple[int, int]


class _Shown(NamedTuple):
    """A decoded frame, its time and duration in seconds (None without a clock), and how it is shown."""

    frame: av.VideoFrame
    time: float | None
    duration: float
    orientation: Orientation
    pixel_aspect: Fraction
    place: str  # in words, for messages


class VideoReader:
    """The frames of a video file or of a folder of images, one after another, in `format`, as players show them:
    turned, in square pixels, without what an edit list hides, and without transparency.

    Iterate once. `facts` say what was found so far, `count` how many stored frames were read, `times` when they
    are shown, exact to a `tick`; all times are in seconds. Raises DamagedVideo, and nothing else, where the video
    cannot be decoded, ends before it should, changes size, has no frames or more pixels than the limits allow.
    """

    def __init__(self, source: Path | IO[bytes], format: FrameFormat) -> None:
        self.rate: float | None = None
        self._source = source
        self._format = format
        self._pixels = EightBitPixels(format)
        self.tick = 0.0
        self.times: list[float] = []
        self.last_duration = 0.0
        self.count = 0
        self._size: tuple[int, int] | None = None
        self._first: _Shown | None = None
        self._breaks: tuple[int, ...] = ()
        self._first_break = ""
        self._levels: tuple[int, int] | None = None
        self._remarks: list[str] = []
        self._pixels_left = VIDEO_PIXELS.value

    @property
    def facts(self) -> VideoFacts:
        """Of the frames that were read so far."""
        aspect = self._first.pixel_aspect if self._first else Fraction(1)
        return VideoFacts(
            size=self._size or (0, 0),
            orientation=self._first.orientation.text if self._first else "",
            pixel_aspect=f"{aspect.numerator}:{aspect.denominator}" if aspect != 1 else "",
            bits=self._pixels.bits,
            transparent=self._pixels.transparent,
            rates=rate_range(self.times, find_time_breaks(self.times)),
            breaks=self._breaks,
            first_break=self._first_break,
            levels=self._levels,
            remarks=tuple(self._remarks),
        )

    def __iter__(self) -> Iterator[Frame]:
        with errors_as_damage():
            yield from self._frames()

    def _frames(self) -> Iterator[Frame]:
        for pixels in self._resampled() if self._format.frame_rate else self._fitted():
            self._see_levels(pixels)
            assert self._size is not None
            yield Frame(pixels, self.rate, self._size)
        if self._size is None:
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
            self.rate = rate

    def _read(self) -> Iterator[tuple[_Shown, np.ndarray]]:
        """Each frame as stored, checked and fitted."""
        fit = Fitting(self._format)
        is_folder = isinstance(self._source, Path) and self._source.is_dir()
        for shown in self._images() if is_folder else self._file():
            size = _shown_size(shown)
            if self._size not in (None, size):
                raise DamagedVideo(f"it changes size at {shown.place}, from {_text(self._size)} to {_text(size)}")
            self._size, self._first = size, self._first or shown
            self.count += 1
            self._count_pixels(shown.frame)
            self.last_duration = shown.duration
            yield shown, fit(self._pixels(shown.frame), shown.orientation, float(shown.pixel_aspect))

    def _count_pixels(self, frame: av.VideoFrame) -> None:
        """A few bytes can be hours of decoding: of frames that repeat the one before."""
        self._pixels_left -= frame.width * frame.height
        if self._pixels_left < 0:
            what = f"its frames up to number {self.count} have more pixels than a file of its size should"
            raise DamagedVideo(str(VIDEO_PIXELS.exceeded(what)))

    def _images(self) -> Iterator[_Shown]:
        assert isinstance(self._source, Path)
        files = images_in(self._source)
        self._breaks, self._first_break = find_number_breaks([file.name for file in files])
        for file in files:
            picture = read_image(file)
            self._pixels_left += PIXELS_PER_BYTE.value * file.stat().st_size
            yield _Shown(picture.frame, None, 0.0, picture.orientation, Fraction(1), file.name)

    def _file(self) -> Iterator[_Shown]:
        source = self._source
        if isinstance(source, Path):
            with open_regular(source) as stream:
                if not source.stat().st_size:
                    raise DamagedVideo("it is empty (0 bytes)")
                if source.suffix.lower() in IMAGES and not is_video_file(source):
                    picture = read_image(source)
                    yield _Shown(picture.frame, None, 0.0, picture.orientation, Fraction(1), source.name)
                    return
                yield from self._stream(stream)
        else:
            yield from self._stream(source)

    def _stream(self, stream: IO[bytes]) -> Iterator[_Shown]:
        import av

        count = 0
        head = stream.read(32)
        self._pixels_left += PIXELS_PER_BYTE.value * stream.seek(0, io.SEEK_END)
        stream.seek(0)
        missing = missing_bytes(stream)
        try:
            for shown in self._animation(stream) if is_animated_webp(head) else self._container(stream):
                yield shown
                count += 1
        except (av.FFmpegError, OSError) as error:
            if missing:
                raise DamagedVideo(_ends_early(missing, count)) from None
            if is_too_large(error) and not count:
                too_large = FRAME_PIXELS.exceeded("its frames have more pixels than are read, or no size")
                raise DamagedVideo(str(too_large)) from None
            where = f" at frame {count}" if count else ""
            raise DamagedVideo(
                f"it cannot be decoded{where}: {getattr(error, 'strerror', None) or error}"
            ) from None
        if missing:
            raise DamagedVideo(_ends_early(missing, count))

    def _animation(self, stream: IO[bytes]) -> Iterator[_Shown]:
        self.tick = 0.001
        for number, (frame, time, duration) in enumerate(read_animation(stream)):
            yield _Shown(frame, time, duration, UPRIGHT, Fraction(1), f"frame {number}")

    def _container(self, stream: IO[bytes]) -> Iterator[_Shown]:
        with open_container(stream) as container:
            video = video_stream(container)
            if len(container.streams.video) > 1:
                self._remarks.append(f"stream {video.index} is read of several with pictures")
            self.rate = float(video.average_rate) if video.average_rate else None
            self.tick = float(video.time_base or 0)
            aspect = pixel_aspect_of(video)
            orientation, rotation = UPRIGHT, None
            for number, frame in enumerate(self._decoded(container, video)):
                if rotation != frame.rotation:  # seldom does it change, and side data are slow to ask for
                    orientation, rotation = frame_orientation(frame), frame.rotation
                # not by frame.time_base, which is missing of the frames that a decoder gives at the end
                time = frame.pts * self.tick if frame.pts is not None else None
                yield _Shown(frame, time, frame.duration * self.tick, orientation, aspect, f"frame {number}")

    def _decoded(self, container: InputContainer, stream: VideoStream) -> Iterator[av.VideoFrame]:
        """The stream's frames, checked at the end for being all of them."""
        seen = PacketCount()

        def demuxed() -> Iterator[av.Packet[VideoStream]]:
            for packet in container.demux(stream):
                if packet.size:
                    seen.add(packet)
                yield packet

        begun = False
        for frame in decode_packets(demuxed(), stream_decoder(stream)):
            if not begun and not seen.begins_with_key:
                self._remarks.append("it begins without a key frame, and is read from the first one on")
            begun = True
            yield frame
        seen.ensure_all(container, stream)
        if seen.hidden:
            self._remarks.append("an edit list hides some of the stored frames")
        elif abs(stream.frames - self.count) > max(2, stream.frames // 50) and stream.frames:
            self._remarks.append(
                f"its header counts {plural(stream.frames, 'frame')}, and {self.count:,} are there"
            )

    def _see_levels(self, pixels: np.ndarray) -> None:
        least, most = self._levels or (255, 0)
        self._levels = min(least, int(pixels.min())), max(most, int(pixels.max()))


def read_video(source: Path | IO[bytes], format: FrameFormat) -> Iterator[Frame]:
    """The frames of `VideoReader`, for those who do not ask for its facts."""
    return iter(VideoReader(source, format))


def images_in(folder: Path) -> list[Path]:
    """The images in a folder, in the order that people count in (2 before 10), without contact sheets of
    `platform data info`."""
    images = (file for file in folder.iterdir() if file.suffix.lower() in IMAGES and file.is_file())
    return sorted((file for file in images if not _is_contact_sheet(file)), key=_natural)


def _is_contact_sheet(file: Path) -> bool:
    return file.name.endswith(CONTACT_SHEET) and is_own_output(file)


def is_video_file(file: Path) -> bool:
    """Whether a file is a video by itself: by its ending, or an animated WebP. Raises OSError, or InputError for
    what is no regular file or cannot be read."""
    suffix = file.suffix.lower()
    if suffix == ".webp":
        with open_regular(file) as stream:
            return is_animated_webp(stream.read(32))
    return suffix in VIDEOS


def _natural(file: Path) -> tuple[list[tuple[int, str]], str]:
    parts = re.split(r"(\d+)", file.name)
    # the name itself at last: 1.png and 01.png are one number, and folders are listed in any order
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts], file.name


def _shown_size(shown: _Shown) -> tuple[int, int]:
    """Height and width in square pixels, as shown: the longer side of a pixel is made one."""
    height, width = shown.frame.height, shown.frame.width
    if shown.pixel_aspect >= 1:
        width = round(width * shown.pixel_aspect)
    else:
        height = round(height / shown.pixel_aspect)
    return shown.orientation.size(height, width)


def _usual_interval(times: list[float]) -> float:
    return float(np.median(np.diff(times))) if len(times) > 1 else 0.0


def _ends_early(missing: int, frames: int) -> str:
    if missing == 1:
        return f"it ends early: its file breaks off after {plural(frames, 'frame')}"
    return f"it ends early: {missing:,} bytes are missing at its end, after {plural(frames, 'frame')}"


def _text(size: tuple[int, int] | None) -> str:
    return f"{size[1]}x{size[0]}" if size else "nothing"
