"""Making a store: many processes decode, each shard is complete or not there, and a second start continues.

folder.preparing/shards/0000.frames  0000.json     finished shards, each by an atomic rename
folder                                             the store, renamed when the index is written

Neither of the two may be a link, or hold what is not of a store: only own files are replaced and deleted.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import multiprocessing
import os
import re
import signal
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any

from framecast.bounded.json_file import read_json_object
from framecast.bounded.limit import STORE_INDEX_BYTES
from framecast.bounded.regular_file import read_text
from framecast.counting import plural
from framecast.data.damaged_video import DamagedVideo
from framecast.data.source import Source
from framecast.data.store import FORMAT, INDEX, Store, StoredVideo
from framecast.data.video import VideoReader
from framecast.errors import InputError, why_not_written
from framecast.files import (
    atomic_stream,
    checksum,
    make_folder,
    move,
    open_lock,
    remove_file,
    remove_tree,
    validate_own_folder,
    write_atomically,
)
from framecast.plugin.frame_format import FrameFormat

MOST_SHARDS = 256

_OWN_FILES = re.compile(r"lock|signature|index\.json(\.\d+)?|\..*\.writing")
_OWN_SHARDS = re.compile(r"\d{4}\.(frames|json|\d+|json\.\d+)|\..*\.writing")
"""What a preparation leaves behind; an older version wrote under the number of its process."""


def prepare_store(
    folder: Path,
    sources: Sequence[Source],
    format: FrameFormat,
    *,
    least_frames: int = 1,
    refused: Sequence[tuple[str, str]] = (),
    progress: Callable[[int, int], None] = lambda done, total: None,
    processes: int | None = None,
) -> Store:
    """Decodes `sources` into a store in `folder`, in order of their names; what is done already stays.

    Damaged videos and those of fewer than `least_frames` frames are left out and listed in the store's
    `skipped`, after the `refused` ones. The bytes written depend on sources, format and decoder alone, not on
    `processes`, nor on interruptions. `progress` is told the videos done and all there are.

    Raises InputError where no video is sound, two have one name, the disk is full, the folder cannot be written,
    or is being prepared by another process already.
    """
    sources = sorted(sources, key=lambda source: source.name)
    names = [source.name for source in sources]
    doubled = [name for name, following in pairwise(names) if name == following]
    if doubled:
        raise InputError(f"two videos are called {doubled[0]}: keep one of them")
    signature = _signature(sources, format, least_frames, refused)
    try:
        store = Store.open(folder)
        if store.signature == signature:
            progress(len(sources), len(sources))
            return store
    except (FileNotFoundError, InputError):  # handled: no store yet, or a damaged one; it is made again
        pass  # none yet, or not one that can be used
    work = folder.with_name(f"{folder.name}.preparing")
    try:
        _validate_own_files(folder)
        with _alone(work):
            store = _prepared(work, signature, sources, format, least_frames, refused, progress, processes)
            if not store.videos:
                remove_tree(work)
                reasons = "; ".join(f"{name}: {why}" for name, why in store.skipped[len(refused) :][:5])
                count = len(sources)
                which = (
                    "the only video cannot be used" if count == 1 else f"not one of {count:,} videos can be used"
                )
                raise InputError(f"{which} ({reasons})")
            _clean(work)
            _validate_own_files(folder)
            remove_file(folder / INDEX, folder.parent)  # at first: what is left is no store
            remove_tree(folder)
            move(work, folder)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise InputError(
                f"{folder}: {why_not_written(error)}; make room and start again, it continues from here"
            ) from None
        raise InputError(f"{error.filename or folder}: {error.strerror or error}") from None
    return Store.open(folder)


def _prepared(
    work: Path,
    signature: str,
    sources: Sequence[Source],
    format: FrameFormat,
    least_frames: int,
    refused: Sequence[tuple[str, str]],
    progress: Callable[[int, int], None],
    processes: int | None,
) -> Store:
    """The shards that are missing, then the index. A whole store is left where one was killed at the very end."""
    with suppress(FileNotFoundError, InputError):  # handled: none yet, or a damaged one
        whole = Store.open(work)
        if whole.signature == signature and not whole.damaged():
            return whole
    plan, top = work / "signature", work.parent
    if (
        not plan.exists() or read_text(plan, errors="replace") != signature
    ):  # left by other sources or another format
        remove_tree(work / "shards", top)
        write_atomically(plan, signature, top)
    make_folder(work / "shards", top)
    each = -(-len(sources) // MOST_SHARDS) or 1
    parts = [sources[start : start + each] for start in range(0, len(sources), each)]
    missing = [number for number in range(len(parts)) if not _results(work, number).exists()]
    done = len(sources) - sum(len(parts[number]) for number in missing)
    progress(done, len(sources))
    workers = min(processes or os.cpu_count() or 1, len(missing))
    with closing(_decoded(work, parts, missing, format, least_frames, workers)) as decoded:
        for number in decoded:
            done += len(parts[number])
            progress(done, len(sources))

    shards: list[dict[str, str]] = []
    videos: list[dict[str, Any]] = []
    skipped = list(refused)
    for number in range(len(parts)):
        result = read_json_object(_results(work, number), STORE_INDEX_BYTES)
        skipped += [(name, why) for name, why in result["skipped"]]
        if result["videos"]:
            videos += [{**video, "shard": len(shards)} for video in result["videos"]]
            shards.append({"file": f"shards/{number:04d}.frames", "sha256": result["sha256"]})
    index = {
        "format": FORMAT,
        "signature": signature,
        "shape": format.shape,
        "frame_rate": format.frame_rate,
    }
    text = _index_text({**index, "shards": shards, "videos": videos, "skipped": skipped})
    write_atomically(work / INDEX, text, top)
    return Store.open(work)


def _decoded(
    work: Path,
    parts: Sequence[Sequence[Source]],
    missing: Sequence[int],
    format: FrameFormat,
    least_frames: int,
    workers: int,
) -> Generator[int, None, None]:
    """Decodes the missing shards, and yields the number of each that is done."""
    if workers <= 1:
        for number in missing:
            _decode_shard(work, number, parts[number], format, least_frames)
            yield number
        return
    context = multiprocessing.get_context("spawn")
    with (
        _safe_path(),
        ProcessPoolExecutor(workers, context, initializer=_obey_the_parent, initargs=(os.getpid(),)) as pool,
    ):
        try:
            futures = {
                pool.submit(_decode_shard, work, number, parts[number], format, least_frames): number
                for number in missing
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
    work: Path, number: int, sources: Sequence[Source], format: FrameFormat, least_frames: int
) -> None:
    """Writes one shard, and beside it what came of each of its videos."""
    final = work / "shards" / f"{number:04d}.frames"
    videos: list[StoredVideo] = []
    skipped: list[tuple[str, str]] = []
    frame_bytes = format.channels * format.height * format.width
    with atomic_stream(final, work.parent) as stream:
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
    write_atomically(_results(work, number), json.dumps(result), work.parent)


def _results(work: Path, number: int) -> Path:
    return work / "shards" / f"{number:04d}.json"


def _clean(work: Path) -> None:
    """Takes away what only an unfinished preparation needs."""
    kept = {work / "shards", work / INDEX, *(work / shard.file for shard in Store.open(work).shards)}
    for file in [*(work / "shards").iterdir(), *work.iterdir()]:
        if file not in kept:
            remove_file(file, work.parent)


def _validate_own_files(folder: Path) -> None:
    """Raises InputError where a folder is a link, or holds what no preparation writes: it would be deleted."""
    if folder.is_symlink():
        raise InputError(f"{folder} is a symbolic link: remove it, or prepare the data where it leads")
    for inner, own in ((folder, _OWN_FILES), (folder / "shards", _OWN_SHARDS)):
        for file in sorted(inner.iterdir()) if inner.is_dir() else ():
            is_shards = file == folder / "shards" and file.is_dir()
            if file.is_symlink() or not (is_shards or (own.fullmatch(file.name) and file.is_file())):
                raise InputError(
                    f"{folder} is to be replaced, but holds {file.relative_to(folder)}, which is not of a store: "
                    "move it away"
                )


def _signature(
    sources: Sequence[Source], format: FrameFormat, least_frames: int, refused: Sequence[tuple[str, str]]
) -> str:
    """What the store depends on. Sizes stand for contents: reading all of it would take as long as decoding."""
    listed = [(source.name, source.member, source.size, dict(source.facts)) for source in sources]
    content = [FORMAT, asdict(format), least_frames, listed, list(refused)]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _index_text(index: dict[str, Any]) -> str:
    """JSON with one line for each shard and video, so that people and `grep` can read it."""
    lines = []
    for key, value in index.items():
        if isinstance(value, list) and value:
            entries = ",\n".join(f"  {json.dumps(entry)}" for entry in value)
            lines.append(f'"{key}": [\n{entries}\n]')
        else:
            lines.append(f'"{key}": {json.dumps(value)}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


@contextmanager
def _alone(work: Path) -> Iterator[None]:
    """Nobody else prepares this folder meanwhile; the lock ends with the process, however that ends."""
    make_folder(work, work.parent)
    validate_own_folder(work)
    with open_lock(work / "lock", work.parent) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(f"{work} is being prepared by another process: wait for it, or stop it") from None
        _validate_own_files(work)
        yield


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


def _obey_the_parent(parent: int) -> None:
    """Ctrl-C reaches a decoding process too, but is the parent's to answer; a killed parent gives no more work."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
