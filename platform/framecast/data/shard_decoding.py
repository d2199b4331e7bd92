"""Decoding videos into the shards of a store: many processes, each shard complete or not there.

shards/0000.frames  0000.json     a shard, and what became of its videos, each put there by an atomic rename
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from framecast.bounded.json_file import read_json_object
from framecast.bounded.limit import STORE_INDEX_BYTES
from framecast.counting import plural
from framecast.data.damaged_video import DamagedVideo
from framecast.data.source import Source
from framecast.data.store import StoredVideo
from framecast.data.video import VideoReader
from framecast.errors import InputError
from framecast.files import atomic_stream, checksum, write_atomically
from framecast.plugin.frame_format import FrameFormat

SHARDS = "shards"


def frames_file(number: int) -> str:
    """A shard, relative to the store."""
    return f"{SHARDS}/{number:04d}.frames"


def is_decoded(folder: Path, number: int) -> bool:
    """Whether a shard is complete."""
    return _result(folder, number).exists()


def read_result(folder: Path, number: int) -> dict[str, Any]:
    """The `sha256` of a shard, its `videos` (StoredVideo), and those `skipped`, each with its reason."""
    return read_json_object(_result(folder, number), STORE_INDEX_BYTES)


def decode_shards(
    folder: Path,
    shards: Mapping[int, Sequence[Source]],
    format: FrameFormat,
    least_frames: int,
    processes: int,
) -> Generator[int, None, None]:
    """Decodes the sources of each shard, and yields its number when it is complete."""
    workers = min(processes, len(shards))
    if workers <= 1:
        for number, sources in shards.items():
            _decode_shard(folder, number, sources, format, least_frames)
            yield number
        return
    context = multiprocessing.get_context("spawn")
    with (
        _safe_path(),
        ProcessPoolExecutor(workers, context, initializer=_obey_parent, initargs=(os.getpid(),)) as pool,
    ):
        try:
            futures = {
                pool.submit(_decode_shard, folder, number, sources, format, least_frames): number
                for number, sources in shards.items()
            }
            for future in as_completed(futures):
                future.result()
                yield futures[future]
        except BrokenProcessPool:
            raise InputError(
                "a decoding process died (out of memory, or killed); start again, it continues from here"
            ) from None
        finally:
            pool.shutdown(cancel_futures=True)


def _decode_shard(
    folder: Path, number: int, sources: Sequence[Source], format: FrameFormat, least_frames: int
) -> None:
    """Writes one shard, and next to it what became of each of its videos."""
    final = folder / frames_file(number)
    videos: list[StoredVideo] = []
    skipped: list[tuple[str, str]] = []
    frame_bytes = format.channels * format.height * format.width
    with atomic_stream(final, folder.parent) as stream:
        for source in sources:
            begin = stream.tell()
            count = 0
            try:
                reader = VideoReader(source.open(), format)
                for frame in reader:
                    stream.write(frame.pixels.data)
                    count += 1
                if count < least_frames:
                    raise DamagedVideo(f"it has {plural(count, 'frame')}, at least {least_frames} are needed")
                videos.append(
                    StoredVideo(
                        source.name, 0, begin // frame_bytes, count, reader.rate, source.facts, reader.facts
                    )
                )
            except DamagedVideo as error:
                skipped.append((source.name, str(error)))
                stream.seek(begin)
                stream.truncate()
        stream.flush()
        os.fsync(stream.fileno())
    result = {
        "sha256": checksum(final, final.parents[1]),
        "videos": [asdict(video) for video in videos],
        "skipped": skipped,
    }
    write_atomically(_result(folder, number), json.dumps(result), folder.parent)


def _result(folder: Path, number: int) -> Path:
    return folder / SHARDS / f"{number:04d}.json"


@contextmanager
def _safe_path() -> Iterator[None]:
    """Python processes that begin meanwhile do not look for modules in the current folder first, where a
    `random.py` of the user may lie. They get this process's own path as they begin to work."""
    before = os.environ.get("PYTHONSAFEPATH")
    os.environ["PYTHONSAFEPATH"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONSAFEPATH"]
        else:
            os.environ["PYTHONSAFEPATH"] = before


def _obey_parent(parent: int) -> None:
    """Ctrl-C reaches a decoding process too, but is the parent's to answer; a killed parent gives no more work."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
