"""Whether the index of a store is one: its types, and its numbers against the files."""

from __future__ import annotations

import math
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from framecast.bounded.limit import FRAME_PIXELS

_Count = Field(ge=0, lt=2**48)
_SHARD = re.compile(r"shards/\w+\.frames")


class _Reading(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow")

    size: list[int] = Field(min_length=2, max_length=2)
    rates: list[float] | None = None
    breaks: list[int] = []
    levels: list[int] | None = None
    remarks: list[str] = []


class _Video(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    name: str
    shard: int = _Count
    first: int = _Count
    frames: int = _Count
    rate: float | None
    facts: dict[str, Any]
    reading: _Reading | None


class _Shard(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    file: str
    sha256: str


class _Index(BaseModel):
    model_config = ConfigDict(strict=True)

    signature: str
    shape: list[int] = Field(min_length=3, max_length=3)
    frame_rate: float | None
    shards: list[_Shard]
    videos: list[_Video]
    skipped: list[list[str]]


def checked_index(index: Mapping[str, Any], folder: Path) -> Mapping[str, Any]:
    """The same index. Raises ValueError, in one line, where it is of other types or names files that are not the
    store's own, or where its numbers do not fit one another or the files that are there."""
    try:
        found = _Index.model_validate(index)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise ValueError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    if min(found.shape) < 1 or math.prod(found.shape) > 4 * FRAME_PIXELS.value:
        raise ValueError(f"its frames have the shape {tuple(found.shape)}")
    if any(len(each) != 2 for each in found.skipped):
        raise ValueError("what was left out is not listed with its reason")
    for shard in found.shards:
        if not _SHARD.fullmatch(shard.file):
            raise ValueError(f"it names {shard.file!r}, which is no shard of a store")
    ends = [0] * len(found.shards)
    for video in found.videos:
        if video.shard >= len(ends):
            raise ValueError(f"{video.name!r} lies in shard {video.shard} of {len(ends)}")
        ends[video.shard] = max(ends[video.shard], video.first + video.frames)
        places = [0, *(video.reading.breaks if video.reading else ()), video.frames]
        if sorted(set(places)) != places and places != [0, 0]:
            raise ValueError(f"the breaks of {video.name!r} are not within its frames")
    for shard, end in zip(found.shards, ends, strict=True):
        size = _size(folder / shard.file)
        if size is not None and size < end * math.prod(found.shape):
            raise ValueError(f"{shard.file} is shorter than the index says")
    return index


def _size(file: Path) -> int | None:
    """Bytes of a file; None where it is missing or no file, which is reported when it is read."""
    try:
        status = file.stat()
    except (OSError, ValueError):  # handled: reported with its name when a clip is read from it
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None
