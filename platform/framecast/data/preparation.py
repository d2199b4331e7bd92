"""Making a store: many processes decode, each shard is complete or not there, and a second start continues.

folder.preparing/shards/0000.frames  0000.json     finished shards, each by an atomic rename
folder                                             the store, renamed when the index is written
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any

from framecast.bounded.regular_file import read_text
from framecast.data.shard_decoding import SHARDS, decode_shards, frames_file, is_decoded, read_result
from framecast.data.source import Source
from framecast.data.store import FORMAT, INDEX, Store
from framecast.data.store_folder import exclusive, validate_own_files
from framecast.errors import InputError, why_not_written
from framecast.files import make_folder, move, remove_file, remove_tree, write_atomically
from framecast.plugin.frame_format import FrameFormat

MOST_SHARDS = 256


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
    `processes`, nor on interruptions. `progress` receives the videos done and all there are.

    Raises InputError where no video is sound, two have one name, the disk is full, the folder cannot be written,
    or is being prepared by another process already.
    """
    sources = sorted(sources, key=lambda source: source.name)
    names = [source.name for source in sources]
    doubled = [name for name, following in pairwise(names) if name == following]
    if doubled:
        raise InputError(f"two videos are called {doubled[0]}: keep one of them")
    signature = _signature(sources, format, least_frames, refused)
    work = folder.with_name(f"{folder.name}.preparing")
    if store := _open_store(folder, signature):
        progress(len(sources), len(sources))
        return store
    try:
        validate_own_files(folder)
        with exclusive(work):
            store = _open_store(work, signature)  # whole, where an earlier one was killed at the very end
            if store is None or store.damaged():
                shards = _decode(work, signature, sources, format, least_frames, progress, processes)
                _write_index(work, signature, shards, format, refused)
                store = Store.open(work)
            if not store.videos:
                remove_tree(work)
                reasons = "; ".join(f"{name}: {why}" for name, why in store.skipped[len(refused) :][:5])
                count = len(sources)
                which = (
                    "the only video cannot be used" if count == 1 else f"not one of {count:,} videos can be used"
                )
                raise InputError(f"{which} ({reasons})")
            _clean(work)
            validate_own_files(folder)
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


def _open_store(folder: Path, signature: str) -> Store | None:
    """The store in `folder`; None where there is none of that signature, or a damaged one: it is made again."""
    try:
        store = Store.open(folder)
    except (FileNotFoundError, InputError):  # handled: no store yet, or a damaged one
        return None
    return store if store.signature == signature else None


def _decode(
    work: Path,
    signature: str,
    sources: Sequence[Source],
    format: FrameFormat,
    least_frames: int,
    progress: Callable[[int, int], None],
    processes: int | None,
) -> int:
    """Decodes the shards that are missing. Returns how many there are."""
    noted, top = work / "signature", work.parent
    if not noted.exists() or read_text(noted, errors="replace") != signature:  # of other sources or another format
        remove_tree(work / SHARDS, top)
        write_atomically(noted, signature, top)
    make_folder(work / SHARDS, top)
    each = -(-len(sources) // MOST_SHARDS) or 1
    shards = dict(enumerate(sources[start : start + each] for start in range(0, len(sources), each)))
    missing = {number: part for number, part in shards.items() if not is_decoded(work, number)}
    done = len(sources) - sum(map(len, missing.values()))
    progress(done, len(sources))
    with closing(decode_shards(work, missing, format, least_frames, processes or os.cpu_count() or 1)) as decoded:
        for number in decoded:
            done += len(shards[number])
            progress(done, len(sources))
    return len(shards)


def _write_index(
    work: Path, signature: str, count: int, format: FrameFormat, refused: Sequence[tuple[str, str]]
) -> None:
    """Lists what is in the shards; those without a video are left out."""
    shards: list[dict[str, str]] = []
    videos: list[dict[str, Any]] = []
    skipped = list(refused)
    for number in range(count):
        result = read_result(work, number)
        skipped += [(name, why) for name, why in result["skipped"]]
        if result["videos"]:
            videos += [{**video, "shard": len(shards)} for video in result["videos"]]
            shards.append({"file": frames_file(number), "sha256": result["sha256"]})
    index = {
        "format": FORMAT,
        "signature": signature,
        "shape": format.shape,
        "frame_rate": format.frame_rate,
        "shards": shards,
        "videos": videos,
        "skipped": skipped,
    }
    write_atomically(work / INDEX, _index_text(index), work.parent)


def _clean(work: Path) -> None:
    """Takes away what only an unfinished preparation needs."""
    kept = {work / SHARDS, work / INDEX, *(work / shard.file for shard in Store.open(work).shards)}
    for file in [*(work / SHARDS).iterdir(), *work.iterdir()]:
        if file not in kept:
            remove_file(file, work.parent)


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
