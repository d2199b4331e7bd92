"""Whether runs can be kept in a place: writing, room, speed, and whether other nodes see the same."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from framecast.errors import InputError
from framecast.files import create_file, remove_file
from framecast.launch.doctor.check_result import CheckResult, fail, in_line, ok, warn
from framecast.runs.roots import is_url
from framecast.runs.url_folder import UrlFolder
from framecast.user_folders import expanded

_GIB = 2**30
_LITTLE_ROOM = 5 * _GIB
_SLOW = 50  # MB/s: a checkpoint of 1 GB takes 20 seconds, during which nothing is trained
_PIECE = 4_000_000
_PIECES = 16
_LONGEST = 5.0  # seconds of writing, and of reading, after which the speed is known well enough
_SECRET = re.compile(r"//[^/@]*@")  # s3://key:secret@bucket


class Storage:
    """A folder, or a URL such as s3://bucket/runs, through which files can be put and read."""

    def __init__(self, named: str) -> None:
        self.named = named
        self.is_url = is_url(named)
        self.folder = Path() if self.is_url else expanded(named).absolute()

    def __str__(self) -> str:
        return _SECRET.sub("//", self.named) if self.is_url else str(self.folder)

    def write(self, name: str, pieces: Iterable[bytes]) -> None:
        """Makes a file, which is on the medium itself when this returns."""
        if self.is_url:
            self._url_folder.write(name, pieces)
            return
        with create_file(self.folder / name) as stream:
            stream.writelines(pieces)
            stream.flush()
            os.fsync(stream.fileno())
            if hasattr(os, "posix_fadvise"):  # or reading back would measure this machine's memory
                os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)

    def read(self, name: str) -> Iterator[bytes]:
        """What is in a file, piece by piece."""
        if self.is_url:
            yield from self._url_folder.pieces(name)
            return
        with open(self.folder / name, "rb", buffering=0) as stream:
            while piece := stream.read(_PIECE):
                yield piece

    def remove(self, name: str) -> None:
        with suppress(OSError, InputError):  # handled: what could not be written need not be removed
            if self.is_url:
                self._url_folder.delete(name)
            else:
                remove_file(self.folder / name)

    @property
    def _url_folder(self) -> UrlFolder:
        """As runs at the URL use it. Raises InputError where the URL holds credentials."""
        return UrlFolder(self.named)


def storage(place: Storage, on_cluster: bool) -> list[CheckResult]:
    """Whether runs can be written there, the room that is left, and how fast it is."""
    subject = "storage"
    if not place.is_url and not place.folder.exists():
        return _missing(place, on_cluster)
    name = f".doctor-{secrets.token_hex(4)}"
    try:
        written = _write(place, name)
        read = _read(place, name)
    except Exception as error:  # of the system, or of the library behind the URL
        remedy = "free space or get the right to write there, or name another place: --storage, FRAMECAST_RUNS"
        known = isinstance(error, InputError)  # names the URL, without what is secret in it
        return [fail(subject, str(error) if known else f"cannot write to {place}: {_reason(error)}", remedy)]
    finally:
        with suppress(Exception):  # handled: the finding about writing says why
            place.remove(name)
    return [
        ok(subject, f"{place} can be written"),
        *([] if place.is_url else [_room(place.folder)]),
        _speed(written, read),
    ]


def _missing(place: Storage, on_cluster: bool) -> list[CheckResult]:
    """A run makes its folder; on a cluster a missing one is a missing mount."""
    subject = "storage"
    if on_cluster:
        return [fail(subject, f"{place} is not there", "make it, or mount it on every node: see docs/clusters.md")]
    if not place.folder.parent.is_dir():
        return [warn(subject, f"{place} is not there, nor is its parent", "check how it is spelt, or make it")]
    writable, *rest = storage(Storage(str(place.folder.parent)), on_cluster)
    return [ok(subject, f"{place} will be made by the first run") if writable.level == "ok" else writable, *rest]


def leave_word(place: Storage) -> tuple[str, str]:
    """Puts a file there; returns its name and what is in it, for `sees_word` on other nodes."""
    name, word = f".doctor-{secrets.token_hex(4)}", secrets.token_hex(16)
    place.write(name, [word.encode()])
    return name, word


def sees_word(place: Storage, name: str, word: str) -> str:
    """What is wrong with the file that another node has put there; nothing where it is right."""
    try:
        return "" if b"".join(place.read(name)) == word.encode() else "it has another content"
    except Exception as error:  # as above
        return _reason(error)


def shared(place: Storage, wrong: dict[str, str]) -> CheckResult:
    """What the answers of all nodes come to; `wrong` holds what each answered."""
    blind = [f"{node} ({why})" for node, why in wrong.items() if why]
    if blind:
        remedy = "mount one shared folder at that path on every node, or use a URL: --storage s3://bucket/runs"
        return fail("shared storage", f"{place} is not the same on {', '.join(blind)}", remedy)
    return ok("shared storage", f"{place} is the same on {_nodes(len(wrong))}")


def _nodes(count: int) -> str:
    return f"all {count} nodes" if count > 1 else "the only node"


def _write(place: Storage, name: str) -> float:
    """MB/s."""
    piece = os.urandom(_PIECE)  # which no file system compresses
    began, count = time.perf_counter(), 0

    def pieces() -> Iterator[bytes]:
        nonlocal count
        while count < _PIECES and time.perf_counter() - began < _LONGEST:
            count += 1
            yield piece

    place.write(name, pieces())
    return count * _PIECE / 1e6 / (time.perf_counter() - began)


def _read(place: Storage, name: str) -> float:
    """MB/s."""
    began, size = time.perf_counter(), 0
    for piece in place.read(name):
        size += len(piece)
        if time.perf_counter() - began > _LONGEST:
            break
    return size / 1e6 / (time.perf_counter() - began)


def _room(folder: Path) -> CheckResult:
    free = shutil.disk_usage(folder).free
    message = f"{free / _GIB:.1f} GiB free"
    if free < _LITTLE_ROOM:
        return warn("disk", message, "a run keeps up to four checkpoints: free some space")
    return ok("disk", message)


def _speed(written: float, read: float) -> CheckResult:
    message = f"writes {written:.0f} MB/s, reads {read:.0f} MB/s"
    if min(written, read) < _SLOW:
        remedy = f"below {_SLOW} MB/s checkpoints and data hold training up: use a faster disk or mount"
        return warn("storage speed", message, remedy)
    return ok("storage speed", message)


def _reason(error: Exception) -> str:
    return error.strerror if isinstance(error, OSError) and error.strerror else in_line(error)
