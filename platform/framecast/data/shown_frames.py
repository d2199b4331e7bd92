"""The frames of a video or a folder of images as players show them, decoded and not yet brought to a format."""

from __future__ import annotations

import io
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

from framecast.bounded.limit import FRAME_PIXELS, PIXELS_PER_BYTE, VIDEO_PIXELS
from framecast.bounded.regular_file import open_regular
from framecast.counting import plural
from framecast.data.damaged_video import DamagedVideo
from framecast.data.file_kinds import IMAGES, images_in, is_video_file
from framecast.data.image_file import is_animated_webp, read_animation, read_image
from framecast.data.image_numbers import NumberBreaks, find_number_breaks
from framecast.data.orientation import UPRIGHT, Orientation
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

if TYPE_CHECKING:
    import av
    from av.container import InputContainer
    from av.video.stream import VideoStream


class ShownFrame(NamedTuple):
    """A decoded frame, its time and duration in seconds (None without a clock), and how it is shown."""

    frame: av.VideoFrame
    time: float | None
    duration: float
    orientation: Orientation
    pixel_aspect: Fraction
    name: str
    """In words, for messages."""

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in square pixels, as shown: the longer side of a pixel is made one."""
        height, width = self.frame.height, self.frame.width
        if self.pixel_aspect >= 1:
            width = round(width * self.pixel_aspect)
        else:
            height = round(height / self.pixel_aspect)
        return self.orientation.size(height, width)


class ShownFrames:
    """Iterate once. `count` says how many frames were decoded so far, `rate` how many the file says to have in a
    second (None without a clock), `tick` to how many seconds its times are exact, `number_breaks` where the
    numbers of images jump, `remarks` what was unusual.

    Raises DamagedVideo or an error of the decoder where the video cannot be decoded, ends before it should, or has
    more pixels than the limits allow.
    """

    def __init__(self, source: Path | IO[bytes]) -> None:
        self.count = 0
        self.rate: float | None = None
        self.tick = 0.0
        self.number_breaks = NumberBreaks()
        self.remarks: list[str] = []
        self._source = source
        self._pixels_left = VIDEO_PIXELS.value

    def __iter__(self) -> Iterator[ShownFrame]:
        is_folder = isinstance(self._source, Path) and self._source.is_dir()
        for shown in self._images() if is_folder else self._file():
            self.count += 1
            self._count_pixels(shown.frame)
            yield shown

    def _count_pixels(self, frame: av.VideoFrame) -> None:
        """A few bytes can be hours of decoding: of frames that repeat the one before."""
        self._pixels_left -= frame.width * frame.height
        if self._pixels_left < 0:
            what = f"its frames up to number {self.count} have more pixels than a file of its size should"
            raise DamagedVideo(str(VIDEO_PIXELS.exceeded(what)))

    def _images(self) -> Iterator[ShownFrame]:
        assert isinstance(self._source, Path)
        files = images_in(self._source)
        self.number_breaks = find_number_breaks([file.name for file in files])
        for file in files:
            self._pixels_left += PIXELS_PER_BYTE.value * file.stat().st_size
            yield _image(file)

    def _file(self) -> Iterator[ShownFrame]:
        source = self._source
        if not isinstance(source, Path):
            yield from self._stream(source)
            return
        with open_regular(source) as stream:
            if not source.stat().st_size:
                raise DamagedVideo("it is empty (0 bytes)")
            if source.suffix.lower() in IMAGES and not is_video_file(source):
                yield _image(source)
            else:
                yield from self._stream(stream)

    def _stream(self, stream: IO[bytes]) -> Iterator[ShownFrame]:
        import av

        head = stream.read(32)
        self._pixels_left += PIXELS_PER_BYTE.value * stream.seek(0, io.SEEK_END)
        stream.seek(0)
        missing = missing_bytes(stream)
        try:
            yield from self._animation(stream) if is_animated_webp(head) else self._container(stream)
        except (av.FFmpegError, OSError) as error:
            if missing:
                raise DamagedVideo(_ends_early(missing, self.count)) from None
            if is_too_large(error) and not self.count:
                too_large = FRAME_PIXELS.exceeded("its frames have more pixels than are read, or no size")
                raise DamagedVideo(str(too_large)) from None
            where = f" at frame {self.count}" if self.count else ""
            raise DamagedVideo(
                f"it cannot be decoded{where}: {getattr(error, 'strerror', None) or error}"
            ) from None
        if missing:
            raise DamagedVideo(_ends_early(missing, self.count))

    def _animation(self, stream: IO[bytes]) -> Iterator[ShownFrame]:
        self.tick = 0.001
        for number, (frame, time, duration) in enumerate(read_animation(stream)):
            yield ShownFrame(frame, time, duration, UPRIGHT, Fraction(1), f"frame {number}")

    def _container(self, stream: IO[bytes]) -> Iterator[ShownFrame]:
        with open_container(stream) as container:
            video = video_stream(container)
            if len(container.streams.video) > 1:
                self.remarks.append(f"stream {video.index} is read of several with pictures")
            self.rate = float(video.average_rate) if video.average_rate else None
            self.tick = float(video.time_base or 0)
            aspect = pixel_aspect_of(video)
            orientation, rotation = UPRIGHT, None
            for number, frame in enumerate(self._decoded(container, video)):
                if rotation != frame.rotation:  # seldom does it change, and side data are slow to ask for
                    orientation, rotation = frame_orientation(frame), frame.rotation
                # not by frame.time_base, which is missing of the frames that a decoder gives at the end
                time = frame.pts * self.tick if frame.pts is not None else None
                yield ShownFrame(frame, time, frame.duration * self.tick, orientation, aspect, f"frame {number}")

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
                self.remarks.append("it begins without a key frame, and is read from the first one on")
            begun = True
            yield frame
        seen.ensure_all(container, stream)
        if seen.hidden:
            self.remarks.append("an edit list hides some of the stored frames")
        elif abs(stream.frames - self.count) > max(2, stream.frames // 50) and stream.frames:
            self.remarks.append(
                f"its header counts {plural(stream.frames, 'frame')}, and {self.count:,} are there"
            )


def _image(file: Path) -> ShownFrame:
    picture = read_image(file)
    return ShownFrame(picture.frame, None, 0.0, picture.orientation, Fraction(1), file.name)


def _ends_early(missing: int, frames: int) -> str:
    if missing == 1:
        return f"it ends early: its file breaks off after {plural(frames, 'frame')}"
    return f"it ends early: {missing:,} bytes are missing at its end, after {plural(frames, 'frame')}"
