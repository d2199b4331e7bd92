"""Videos decoded when a clip is asked for: reads like a store, takes no disk, but decodes at every step."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from framecast.data.frame_format import Fitting, FrameFormat
from framecast.data.source import Source
from framecast.data.store import StoredVideo
from framecast.data.video import DamagedVideo, images_in, read_video
from framecast.errors import InputError


class VideoFiles:
    """Stands in for a `Store`. Looks through every file once, counting frames without decoding all of them.

    Files whose first frame cannot be decoded are in `skipped`; what is wrong later in a file is found only when
    a clip from there is read, which a prepared store would have found before.
    """

    def __init__(self, sources: Sequence[Source], format: FrameFormat) -> None:
        self.shape = format.shape
        self.videos: list[StoredVideo] = []
        self.skipped: list[tuple[str, str]] = []
        self._format = format
        self._paths: list[Path] = []
        self._times: list[np.ndarray] = []  # when each frame is shown, in the stream's own unit
        for source in sources:
            try:
                next(read_video(source.path, format))
                times, rate = _frame_times(source.path)
            except DamagedVideo as error:
                self.skipped.append((source.name, str(error)))
                continue
            self.videos.append(StoredVideo(source.name, len(self._paths), 0, len(times), rate, source.facts))
            self._paths.append(source.path)
            self._times.append(times)

    def read(self, video: StoredVideo, start: int, count: int, step: int = 1) -> np.ndarray:
        """Frames start, start + step, ... of a video, (count, C, H, W) uint8.

        Raises IndexError beyond the video's frames, InputError where they cannot be decoded.
        """
        if start < 0 or start + (count - 1) * step >= video.frames:
            raise IndexError(f"{count} frames from {start} of {video.name}, which has {video.frames}")
        path, times = self._paths[video.shard], self._times[video.shard]
        wanted = range(start, start + count * step, step)
        try:
            frames = (
                _images(path, wanted, self._format) if path.is_dir() else _seek(path, times, wanted, self._format)
            )
        except DamagedVideo as error:
            raise InputError(f"{path}: {error}: prepare a store, which leaves damaged videos out") from None
        return np.stack(frames)


def _frame_times(path: Path) -> tuple[np.ndarray, float | None]:
    """When each frame is shown, in order, and frames per second."""
    if path.is_dir():
        return np.arange(len(images_in(path))), None
    import av

    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        times = [packet.pts for packet in container.demux(stream) if packet.size]
        rate = float(stream.average_rate) if stream.average_rate else None
    if None in times:
        raise DamagedVideo("its frames carry no times to find them by: prepare a store")
    return np.sort(np.array(times, np.int64)), rate


def _images(folder: Path, wanted: range, format: FrameFormat) -> list[np.ndarray]:
    import av

    files, fit, frames = images_in(folder), Fitting(format), []
    for index in wanted:
        try:
            with av.open(str(files[index])) as container:
                frames.append(fit(next(container.decode(video=0))))
        except (av.FFmpegError, OSError, StopIteration, IndexError):
            raise DamagedVideo(f"its image {files[index].name} cannot be decoded") from None
    return frames


def _seek(path: Path, times: np.ndarray, wanted: range, format: FrameFormat) -> list[np.ndarray]:
    """From the key frame before the first wanted one on."""
    import av

    fit = Fitting(format)
    found: dict[int, np.ndarray] = {}
    targets = {int(times[index]) for index in wanted}
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            stream.codec_context.thread_count = 1
            container.seek(int(times[wanted[0]]), stream=stream)
            for frame in container.decode(stream):
                if frame.pts in targets:
                    found[frame.pts] = fit(frame)
                    if len(found) == len(targets):
                        break
    except (av.FFmpegError, OSError) as error:
        raise DamagedVideo(f"it cannot be decoded: {getattr(error, 'strerror', None) or error}") from None
    missing = [index for index in wanted if int(times[index]) not in found]
    if missing:
        raise DamagedVideo(f"its frame {missing[0]} cannot be decoded")
    return [found[int(times[index])] for index in wanted]
