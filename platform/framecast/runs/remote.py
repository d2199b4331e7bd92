"""A folder at a URL: an object store, or whatever pyarrow and fsspec reach."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode

from framecast.bounded.limit import DOCUMENT_BYTES, FETCHED_BYTES, bytes_text
from framecast.errors import InputError
from framecast.files import atomic_stream, make_folder, remove_file, write_atomically

_SECRETS = {"access_key", "secret_key", "session_token", "account_key", "sas_token", "sig", "token", "password"}
_READ, _DELETE = "read", "delete in"
_PIECE = 8 << 20
"""Bytes that are held in memory of a file on its way."""
_GROWTH = 64 << 20
"""Bytes by which a file at a URL may grow between its listing and its end: a run writes to it."""
_SETTLED = 2_000_000_000
"""Nanoseconds. Stores tell times in whole seconds: a file as young as this may change and not look changed."""


def is_url(text: str) -> bool:
    """Whether the user named a place on a store rather than a folder."""
    return "://" in text


@dataclass(frozen=True)
class Entry:
    """A file at a URL: its size in bytes, and when it was written (ns since 1970; None if the store is silent)."""

    size: int
    mtime_ns: int | None


class Remote:
    """The folder at a URL. Every name is relative to it, with "/" between its parts.

    All methods raise InputError, with the URL and the cause, where the store cannot be reached or refuses;
    nothing is asked of it before the first of them is called.
    """

    def __init__(self, url: str) -> None:
        """Raises InputError for a URL with credentials in it: it is going to be written into files."""
        base, _, query = url.partition("?")
        if re.search(r"://[^@]*:[^@]*@", base) or _SECRETS & {name.lower() for name in parse_qs(query)}:
            scheme = base.partition("://")[0]
            raise InputError(
                f"the {scheme}:// URL holds credentials, which would be written into the run folder: give them in "
                "the environment (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, GOOGLE_APPLICATION_CREDENTIALS) "
                "or in the provider's own configuration"
            )
        self.url = base.rstrip("/") + (f"?{query}" if query else "")

    @cached_property
    def _opened(self) -> tuple[Any, str]:
        with self._told("open"):
            return _open(self.url)

    @property
    def _system(self) -> Any:
        return self._opened[0]

    def _path(self, name: str) -> str:
        return f"{self._opened[1].rstrip('/')}/{name}"

    @property
    def _has_buckets(self) -> bool:
        """Whether it is a store without folders, where a file is there, whole, when its last byte has come."""
        fs = _arrow()
        return isinstance(self._system, fs.S3FileSystem | fs.GcsFileSystem)

    def _bucket_exists(self) -> bool:
        bucket = self._path("").partition("/")[0]
        return bool(self._system.get_file_info(bucket).type != _arrow().FileType.NotFound)

    def files(self, below: str = "") -> dict[str, Entry]:
        """Every file below a folder, by its name relative to this Remote; none if the folder is not there."""
        fs = _arrow()
        with self._told("list"):
            start = self._path(below).rstrip("/")
            found = self._system.get_file_info(fs.FileSelector(start, allow_not_found=True, recursive=True))
            if not found and self._has_buckets and not self._bucket_exists():  # which is no error to S3
                raise ValueError(f"there is no bucket {start.partition('/')[0]!r}")
        names = {each.path[len(self._path("")) :]: each for each in found if each.type == fs.FileType.File}
        return {
            name: Entry(each.size, each.mtime_ns)
            for name, each in names.items()
            if ".." not in PurePosixPath(name).parts  # else the owner of a bucket could write anywhere here
        }

    def read(self, name: str) -> bytes | None:
        """What a small file holds; None if there is no such file. Raises InputError also where it is large."""
        most = DOCUMENT_BYTES.value
        try:
            with self._told(_READ), self._system.open_input_stream(self._path(name)) as stream:
                content = bytes(stream.read(most + 1))
        except FileNotFoundError:  # handled: there is no such file, which the caller asks for
            return None
        if len(content) > most:
            raise DOCUMENT_BYTES.exceeded(f"{name} at {self.url} is longer than {bytes_text(most)}")
        return content

    def write(self, name: str, content: bytes) -> None:
        """Makes a small file, or replaces it in one step."""
        self._upload(name, iter([content]))

    def write_pieces(self, name: str, pieces: Iterable[bytes]) -> None:
        """The same for a large file, of which only a piece is held in memory."""
        self._upload(name, iter(pieces))

    def pieces(self, name: str) -> Iterator[bytes]:
        """What a large file holds, piece by piece. Raises FileNotFoundError if there is none."""
        with self._told(_READ):
            source = self._system.open_input_stream(self._path(name))
        with source:
            while piece := self._piece(source):
                yield piece

    def delete(self, name: str) -> None:
        """Removes a file, if it is there."""
        with contextlib.suppress(FileNotFoundError), self._told(_DELETE):  # handled: it is gone already
            self._system.delete_file(self._path(name))

    def delete_folder(self, name: str) -> None:
        """Removes a folder and all in it, if it is there."""
        with contextlib.suppress(FileNotFoundError), self._told(_DELETE):  # handled: it is gone already
            self._system.delete_dir(self._path(name))

    def upload(self, file: Path, name: str) -> os.stat_result:
        """Sends what the file holds now, and answers which state of it that was. Raises OSError if it is gone.

        A file that grows meanwhile is sent as long as it was when opened: never a line that is half there
        and then half something else.
        """
        with open(file, "rb") as stream:
            stat = os.fstat(stream.fileno())
            left = stat.st_size

            def pieces() -> Iterator[bytes]:
                nonlocal left
                while left and (piece := stream.read(min(_PIECE, left))):
                    left -= len(piece)
                    yield piece

            self._upload(name, pieces())
        return stat

    def download(self, name: str, file: Path, top: Path, entry: Entry | None = None) -> None:
        """Makes or replaces a local file below `top` in one step.

        Raises FileNotFoundError if there is none at the URL, InputError where more comes than `entry` lists, but
        for what a file may have grown since. The file gets the time of `entry`, by which it is later known to be
        the same one.
        """
        most = FETCHED_BYTES.value
        if entry and entry.size > most:
            raise FETCHED_BYTES.exceeded(f"{name} at {self.url} has {bytes_text(entry.size)}")
        left = min(most, entry.size + _GROWTH) if entry else most
        make_folder(file.parent, top)
        with atomic_stream(file, top) as target:
            for piece in self.pieces(name):
                left -= len(piece)
                if left < 0 and entry:
                    raise InputError(
                        f"the store sends more of {name} at {self.url} than the {entry.size:,} bytes that it lists"
                    )
                if left < 0:
                    raise FETCHED_BYTES.exceeded(f"{name} at {self.url} is longer than {bytes_text(most)}")
                target.write(piece)
            if entry and entry.mtime_ns is not None:
                settled = time.time_ns() - entry.mtime_ns > _SETTLED
                stamp = entry.mtime_ns if settled else entry.mtime_ns - 1  # older: to be fetched once more
                target.flush()
                os.utime(target.fileno(), ns=(stamp, stamp))

    def _piece(self, source: Any) -> bytes:
        with self._told(_READ):
            piece: bytes = source.read(_PIECE)
        return piece

    def _upload(self, name: str, pieces: Iterator[bytes]) -> None:
        with self._told("write to"):
            path = self._path(name)
            if self._has_buckets:
                with self._system.open_output_stream(path) as stream:
                    for piece in pieces:
                        stream.write(piece)
                return
            folder, _, last = path.rpartition("/")
            self._system.create_dir(folder, recursive=True)
            beside = f"{folder}/.{last}.{secrets.token_hex(4)}.writing"
            try:
                with self._system.open_output_stream(beside) as stream:
                    for piece in pieces:
                        stream.write(piece)
                self._system.move(beside, path)
            except BaseException:
                with contextlib.suppress(Exception):
                    # handled: what is left there is hidden; the error itself is raised
                    self._system.delete_file(beside)
                raise

    @contextlib.contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """Turns what a store throws into one InputError, but lets FileNotFoundError pass for a single file."""
        try:
            yield
        except InputError:
            raise
        except (OSError, ValueError, ImportError, RuntimeError) as error:  # ArrowInvalid is a ValueError
            if isinstance(error, FileNotFoundError) and what in (_READ, _DELETE):
                raise
            cause = str(error).strip().splitlines()
            raise InputError(f"cannot {what} {self.url}: {cause[0] if cause else type(error).__name__}") from None


def probe(place: str | Path) -> None:
    """Writes, reads back and deletes a small file. Raises InputError, with the cause, if that does not work."""
    name, content = f".probe-{secrets.token_hex(4)}", secrets.token_bytes(16)
    if isinstance(place, str) and is_url(place):
        remote = Remote(place)
        remote.write(name, content)
        found = remote.read(name)
        remote.delete(name)
    else:
        file = Path(place) / name
        try:
            make_folder(file.parent)
            write_atomically(file, content)
            found = file.read_bytes()
            remove_file(file)
        except OSError as error:
            raise InputError(f"cannot write to {place}: {error.strerror or error}") from None
    if found != content:
        raise InputError(f"{place} does not give back what was written to it")


def _arrow() -> Any:
    """pyarrow.fs, which has no types; imported when a URL is used, for it takes its time."""
    return import_module("pyarrow.fs")


def _open(url: str) -> tuple[Any, str]:
    """The pyarrow file system of a URL and the path within it, with timeouts that end in seconds, not minutes."""
    fs = _arrow()
    base, _, query = url.partition("?")
    options = dict(parse_qsl(query))
    if base.startswith(("gs://", "gcs://")):
        options.setdefault("retry_limit_seconds", "10")  # its own default is many minutes
        system, path = fs.FileSystem.from_uri(f"{base}?{urlencode(options)}")
        return system, path
    try:
        system, path = fs.FileSystem.from_uri(url)
    except ValueError as error:  # pyarrow's ArrowInvalid
        if "Unrecognized filesystem type" not in str(error):
            raise
        return _open_by_fsspec(base, query)
    if isinstance(system, fs.S3FileSystem):
        system = fs.S3FileSystem(
            region=options.get("region") or system.region,
            scheme=options.get("scheme"),
            endpoint_override=options.get("endpoint_override"),
            allow_bucket_creation=options.get("allow_bucket_creation", "").lower() == "true",
            connect_timeout=5,
            request_timeout=15,  # seconds without a byte; each request is tried three times
        )
    return system, path


def _open_by_fsspec(base: str, query: str) -> tuple[Any, str]:
    if query:
        raise ValueError(f"options after ? are not understood for {base.partition('://')[0]}://")
    system, path = import_module("fsspec.core").url_to_fs(base, use_listings_cache=False)
    fs = _arrow()
    return fs.PyFileSystem(fs.FSSpecHandler(system)), path
