"""Opening a video file: which formats are read, which stream is the video, how frames are decoded and shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from fractions import Fraction
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from framecast.bounded.limit import FRAME_PIXELS
from framecast.bounded.regular_file import open_regular
from framecast.counting import plural
from framecast.data.damaged_video import DamagedVideo
from framecast.data.orientation import UPRIGHT, Orientation

if TYPE_CHECKING:
    import av
    from av.container import InputContainer
    from av.video.codeccontext import VideoCodecContext
    from av.video.stream import VideoStream

_FORMATS = (
    "mov,matroska,webm,avi,gif,apng,mpeg,mpegts,mpegvideo,m4v,ogg,flv,asf,mjpeg,h264,hevc,ivf,obu,dv,"
    "png_pipe,jpeg_pipe,bmp_pipe,tiff_pipe,webp_pipe,image2pipe,ppm_pipe,pgm_pipe"
)
"""FFmpeg's names of formats that hold their frames. Not of playlists, which open other files and addresses."""
_PADDING = 64 * 2**16
"""Pixels that FFmpeg counts further to those of a frame, whose width it rounds up."""
_PICTURE_CODECS = {"png", "mjpeg", "bmp", "gif", "webp", "tiff"}
_ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}


@contextmanager
def open_container(source: Path | IO[bytes]) -> Iterator[InputContainer]:
    """The file, opened for reading. FFmpeg never sees its name, which it could take for a pattern or an URL.

    Raises InputError for what is no regular file.
    """
    import av

    with (
        open_regular(source) if isinstance(source, Path) else nullcontext(source) as stream,
        av.open(
            stream,
            "r",
            # also while the header is looked through, for which a first frame is decoded
            options=_decoder_options(),
            container_options={"format_whitelist": _FORMATS},
            metadata_errors="replace",
            io_open=_refuse_other_files,
        ) as container,
    ):
        yield container


def _decoder_options() -> dict[str, str]:
    return {"max_pixels": str(FRAME_PIXELS.value + _PADDING)}


def _refuse_other_files(url: str, *_: Any) -> Any:
    raise PermissionError(f"it refers to another file ({url[:80]}), which is not opened")


def video_stream(container: InputContainer) -> VideoStream:
    """The first stream that is no cover picture, as players choose. Raises DamagedVideo where there is none, or
    its frames are absurdly large."""
    import av

    streams = container.streams.video
    if not streams:
        raise DamagedVideo("it holds no video")

    def rank(stream: VideoStream) -> tuple[bool, bool, int]:
        attached = bool(stream.disposition & av.stream.Disposition.attached_pic)
        codec = stream.codec_context
        return attached, codec is None or codec.name in _PICTURE_CODECS, stream.index

    chosen = min(streams, key=rank)
    if chosen.codec_context is None:
        raise DamagedVideo("it is in a codec that FFmpeg here does not know")
    if chosen.disposition & av.stream.Disposition.attached_pic:
        raise DamagedVideo("it holds a cover picture and no video")
    width, height = chosen.codec_context.width, chosen.codec_context.height
    if width * height > FRAME_PIXELS.value:
        raise DamagedVideo(str(FRAME_PIXELS.exceeded(f"its frames are said to have {width}x{height} pixels")))
    return chosen


def stream_decoder(stream: VideoStream) -> VideoCodecContext:
    """The stream's own decoder, or for VP8 and VP9 with transparency the one that sees it."""
    import av

    codec: VideoCodecContext = stream.codec_context
    name = _ALPHA_DECODERS.get(codec.name, "") if stream.metadata.get("alpha_mode") == "1" else ""
    if name in av.codecs_available:
        codec = cast("VideoCodecContext", av.CodecContext.create(name, "r"))
    codec.thread_count = 1  # videos are read side by side, not frames
    codec.options = _decoder_options()
    return codec


def decode_packets(
    packets: Iterable[av.Packet[VideoStream]], decoder: VideoCodecContext
) -> Iterator[av.VideoFrame]:
    """The frames of a stream's packets. What an edit list hides, the decoder leaves out by itself.

    Packets before the first key frame cannot be decoded, and are passed over as players do. Raises av.FFmpegError
    where a later one cannot.
    """
    import av

    begun = False
    for packet in packets:
        is_end = packet.dts is None and packet.pts is None and not packet.size
        if not packet.size and not is_end:
            continue  # AVI files say in this way that a frame is shown once more
        try:
            decoded = decoder.decode(None if is_end else packet)
        except av.FFmpegError:
            if begun or packet.is_keyframe or is_end:
                raise
            continue
        begun = begun or bool(decoded)
        yield from decoded


def is_too_large(error: Exception) -> bool:
    """Whether a decoder refused a frame because it has more than `max_pixels`: FFmpeg says so in its log alone."""
    import av

    return isinstance(error, av.ArgumentError) and "avcodec_send_packet" in str(error)


class PacketCount:
    """What is remembered of the packets of a stream, which together are as large as the file."""

    def __init__(self) -> None:
        self.packets = 0
        self.begins_with_key = False
        self.hidden = False
        self._corrupt = False

    def add(self, packet: av.Packet[VideoStream]) -> None:
        self.begins_with_key = packet.is_keyframe if not self.packets else self.begins_with_key
        self.packets += 1
        self.hidden = self.hidden or packet.is_discard
        self._corrupt = self._corrupt or packet.is_corrupt

    def ensure_all(self, container: InputContainer, stream: VideoStream) -> None:
        """Raises DamagedVideo where a file breaks off within a packet, or lists more than there are, as MP4
        does."""
        listed = len(stream.index_entries) if "mp4" in container.format.name else 0
        if self.packets < listed:
            raise DamagedVideo(f"it ends early: it lists {plural(listed, 'frame')} and holds {self.packets}")
        if self._corrupt:
            raise DamagedVideo("it ends early: its file breaks off within a frame")


def pixel_aspect_of(stream: VideoStream) -> Fraction:
    """Width of a stored pixel over its height; 1 where the file does not say, or says what cannot be."""
    aspect = stream.sample_aspect_ratio
    return aspect if aspect and Fraction(1, 16) <= aspect <= 16 else Fraction(1)


def frame_orientation(frame: av.VideoFrame) -> Orientation:
    """By the frame's display matrix, where there is one. Raises DamagedVideo for angles that are no right ones."""
    from av.sidedata.sidedata import Type

    try:
        side_data: Any = frame.side_data
        matrix = side_data.get(Type.DISPLAYMATRIX)
    except ValueError:
        # handled: PyAV has no name for other side data of the frame; the angle is taken all the same
        return _TURNS.get(90 * round(frame.rotation / 90), UPRIGHT)
    if matrix is None:
        return UPRIGHT
    try:
        return Orientation.from_matrix(bytes(matrix))
    except ValueError as error:
        raise DamagedVideo(f"{error}, and only multiples of 90 are read") from None


_TURNS = {
    90: Orientation.from_exif(8),
    -90: Orientation.from_exif(6),
    180: Orientation.from_exif(3),
    -180: Orientation.from_exif(3),
}
"""By degrees to the left."""
