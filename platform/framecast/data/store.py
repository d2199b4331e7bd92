"""The store: decoded frames on disk, read at random in one system call.

    index.json          the format, the shards with their checksums, one line for each video
    shards/0000.frames  frames (C, H, W) uint8, one after another, video after video

The index is written last and atomically: a store is whole or it is not there.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from framecast.bounded.json_file import read_json_object
from framecast.bounded.limit import STORE_INDEX_BYTES
from framecast.data.store_index import checked_index
from framecast.data.video_facts import VideoFacts
from framecast.errors import InputError
from framecast.files import has_checksum, open_to_read

FORMAT = 2
INDEX = "index.json"


@dataclass(frozen=True)
class StoredVideo:
    """`frames` frames of one video, from frame `first` of a shard; `rate` in frames per second. `facts` are the
    source's, `reading` says how the video was read."""

    name: str
    shard: int
    first: int
    frames: int
    rate: float | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    reading: VideoFacts | None = None

    @property
    def stretches(self) -> list[tuple[int, int]]:
        """First frame and end (not included) of each part of the video in which time does not jump."""
        breaks = self.reading.breaks if self.reading else ()
        return list(pairwise((0, *breaks, self.frames)))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> StoredVideo:
        """Of the dataclass as a dictionary, also after a trip through JSON."""
        reading = values["reading"]
        return cls(**{**values, "reading": reading and VideoFacts.from_dict(reading)})


@dataclass(frozen=True)
class Shard:
    """One file of frames, relative to the store, with its SHA-256."""

    file: str
    sha256: str


class OtherFormat(InputError):
    """A store that another version wrote."""


class Store:
    """A store opened for reading; any number of processes may. Holds the index, never frames.

    `shape` is a frame's (C, H, W); `frame_rate` what videos were resampled to, None where they were not; `skipped`
    are the sources that could not be taken, each with its reason.
    """

    def __init__(self, folder: Path, index: Mapping[str, Any]) -> None:
        self.folder = folder
        self.signature: str = index["signature"]
        self.frame_rate: float | None = index["frame_rate"]
        self.shape: tuple[int, int, int] = tuple(index["shape"])
        self.shards = [Shard(**shard) for shard in index["shards"]]
        self.videos = [StoredVideo.from_dict(video) for video in index["videos"]]
        self.skipped: list[tuple[str, str]] = [(name, why) for name, why in index["skipped"]]
        self._open: dict[int, int] = {}
        self._owner = os.getpid()

    @classmethod
    def open(cls, folder: Path) -> Store:
        """Raises FileNotFoundError where there is no store, InputError where it cannot be read."""
        try:
            index = read_json_object(folder / INDEX, STORE_INDEX_BYTES)
            if index["format"] != FORMAT:
                raise OtherFormat(
                    f"{folder} is a store of format {index['format']}, this version reads {FORMAT}: prepare anew"
                )
            return cls(folder, checked_index(index, folder))
        except (NotADirectoryError, FileNotFoundError):
            raise FileNotFoundError(f"there is no store in {folder}") from None
        except OtherFormat:
            raise
        except (InputError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{folder / INDEX} is damaged ({error}): delete {folder} and prepare it anew"
            ) from None

    @classmethod
    def prepared(cls, folder: Path, command: str) -> Store:
        """The store in `folder`. Raises InputError that names the `command` which makes it where there is none."""
        try:
            return cls.open(folder)
        except FileNotFoundError:
            raise InputError(f"data: {folder} is not prepared yet: run  {command}") from None
        except OtherFormat:
            raise InputError(
                f"data: {folder} was prepared by another version, which read videos in another way: run  {command}"
            ) from None

    @property
    def frames(self) -> int:
        return sum(video.frames for video in self.videos)

    @property
    def bytes(self) -> int:
        return self.frames * int(np.prod(self.shape))

    def read(self, video: StoredVideo, start: int, count: int, step: int = 1) -> np.ndarray:
        """Frames start, start + step, ... of a video, (count, C, H, W) uint8.

        Raises IndexError beyond the video's frames, InputError where its shard is missing or too short.
        """
        whole = (count - 1) * step + 1
        if start < 0 or start + whole > video.frames:
            raise IndexError(f"frames {start} to {start + whole} of {video.name}, which has {video.frames}")
        frame = int(np.prod(self.shape))
        pixels = np.empty((whole, *self.shape), np.uint8)
        if os.preadv(self._descriptor(video.shard), [pixels.data], (video.first + start) * frame) != pixels.nbytes:
            raise InputError(f"{self._path(video.shard)} is shorter than its index says: prepare the data anew")
        return pixels[::step]

    def damaged(self) -> list[str]:
        """The shards whose content is not what was written, by their checksums."""
        return [
            shard.file
            for shard in self.shards
            if not has_checksum(self.folder / shard.file, shard.sha256, self.folder)
        ]

    def _path(self, shard: int) -> Path:
        return self.folder / self.shards[shard].file

    def _descriptor(self, shard: int) -> int:
        if self._owner != os.getpid():  # forked: descriptors are inherited, and stay the parent's to close
            self._open, self._owner = {}, os.getpid()
        if shard not in self._open:
            try:
                self._open[shard] = open_to_read(self._path(shard), self.folder)
            except OSError as error:
                raise InputError(f"{self._path(shard)}: {error.strerror}: prepare the data anew") from None
        return self._open[shard]

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_open": {}, "_owner": 0}

    def __del__(self) -> None:
        if getattr(self, "_owner", 0) == os.getpid():
            for descriptor in self._open.values():
                os.close(descriptor)
