"""A folder at a URL: an object store, or whatever pyarrow and fsspec reach."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import parse_qs

from framecast.bounded.limit import DOCUMENT_BYTES, FETCHED_BYTES, bytes_text
from framecast.bounded.regular_file import PIECE, open_regular, pieces_of
from framecast.errors import InputError
from framecast.files import atomic_stream, make_folder
from framecast.runs.url_file_system import arrow, has_buckets, open_file_system

_SECRETS = {"access_key", "secret_key", "session_token", "account_key", "sas_token", "sig", "token", "password"}
_READ, _DELETE = "read", "delete in"
_AT_ONCE = 8
"""Files fetched at the same time: most of the time of a small one is waiting."""
_GROWTH = 64 << 20
"""Bytes by which a file at a URL may grow between its listing and its end: a run writes to it."""
_SETTLED = 2_000_000_000
"""Nanoseconds. Stores tell times in whole seconds: a file as young as this may change and not look changed."""


def url_below(url: str, *names: str) -> str:
    """The URL of a folder below another one; what follows the ? stays at the end."""
    base, _, query = url.partition("?")
    return "/".join([base.rstrip("/"), *names]) + (f"?{query}" if query else "")


def is_hidden(name: str) -> bool:
    """Whether a file, or a folder that it is in, is a dot-file: an unfinished thing."""
    return any(part.startswith(".") for part in PurePosixPath(name).parts)


@dataclass(frozen=True)
class StoredFile:
    """A file at a URL: its size in bytes, and when it was written (ns since 1970; None if the store is silent)."""

    size: int
    mtime_ns: int | None

    def differs_from(self, local: Path) -> bool:
        """Whether it is another file than the local one, and not older."""
        try:
            stat = local.stat()
        except FileNotFoundError:  # handled: there is none here, so it is fetched
            return True
        if self.mtime_ns is None or stat.st_mtime_ns < self.mtime_ns:
            return True
        return stat.st_mtime_ns == self.mtime_ns and stat.st_size != self.size


class UrlFolder:
    """The folder at a URL. Each name is relative to it, with "/" between its parts.

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
        self.url = url_below(url)

    @cached_property
    def _opened(self) -> tuple[Any, str]:
        with self._reported("open"):
            return open_file_system(self.url)

    @property
    def _system(self) -> Any:
        return self._opened[0]

    def _path(self, name: str) -> str:
        return f"{self._opened[1].rstrip('/')}/{name}"

    def files(self, below: str = "") -> dict[str, StoredFile]:
        """Every file below a folder, by its name relative to this one; none if the folder is not there."""
        fs = arrow()
        with self._reported("list"):
            start = self._path(below).rstrip("/")
            found = self._system.get_file_info(fs.FileSelector(start, allow_not_found=True, recursive=True))
            if not found and has_buckets(self._system):  # a bucket that is not there is no error to S3
                bucket = self._system.get_file_info(start.partition("/")[0])
                if bucket.type == fs.FileType.NotFound:
                    raise ValueError(f"there is no bucket {bucket.path!r}")
        names = {each.path[len(self._path("")) :]: each for each in found if each.type == fs.FileType.File}
        return {
            name: StoredFile(each.size, each.mtime_ns)
            for name, each in names.items()
            if ".." not in PurePosixPath(name).parts  # else the owner of a bucket could write anywhere here
        }

    def read(self, name: str) -> bytes | None:
        """What a small file holds; None if there is no such file. Raises InputError also where it is large."""
        most = DOCUMENT_BYTES.value
        try:
            with self._reported(_READ), self._system.open_input_stream(self._path(name)) as stream:
                content = bytes(stream.read(most + 1))
        except FileNotFoundError:  # handled: there is no such file, which the caller asks for
            return None
        if len(content) > most:
            raise DOCUMENT_BYTES.exceeded(f"{name} at {self.url} is longer than {bytes_text(most)}")
        return content

    def write(self, name: str, pieces: Iterable[bytes]) -> None:
        """Makes a file, or replaces it in one step; only a piece of it is held in memory."""
        with self._reported("write to"):
            path = self._path(name)
            if has_buckets(self._system):
                with self._system.open_output_stream(path) as stream:
                    stream.writelines(pieces)
                return
            folder, _, last = path.rpartition("/")
            self._system.create_dir(folder, recursive=True)
            unfinished = f"{folder}/.{last}.{secrets.token_hex(4)}.writing"
            try:
                with self._system.open_output_stream(unfinished) as stream:
                    stream.writelines(pieces)
                self._system.move(unfinished, path)
            except BaseException:
                with contextlib.suppress(Exception):
                    # handled: what is left there is hidden; the error itself is raised
                    self._system.delete_file(unfinished)
                raise

    def pieces(self, name: str) -> Iterator[bytes]:
        """What a large file holds, piece by piece. Raises FileNotFoundError if there is none."""
        with self._reported(_READ):
            source = self._system.open_input_stream(self._path(name))
        with source:
            while piece := self._next_of(source):
                yield piece

    def delete(self, name: str) -> None:
        """Removes a file, if it is there."""
        with contextlib.suppress(FileNotFoundError), self._reported(_DELETE):  # handled: it is gone already
            self._system.delete_file(self._path(name))

    def delete_folder(self, name: str) -> None:
        """Removes a folder and all in it, if it is there."""
        with contextlib.suppress(FileNotFoundError), self._reported(_DELETE):  # handled: it is gone already
            self._system.delete_dir(self._path(name))

    def upload(self, file: Path, name: str) -> os.stat_result:
        """Sends what the file holds now, and answers which state of it that was. Raises FileNotFoundError if it is
        gone.

        A file that grows meanwhile is sent as long as it was when opened: never a line that is half there
        and then half something else.
        """
        with open_regular(file) as stream:
            stat = os.fstat(stream.fileno())
            self.write(name, pieces_of(stream, stat.st_size))
        return stat

    def download(self, name: str, file: Path, top: Path, entry: StoredFile | None = None) -> None:
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

    def download_changed(self, files: Mapping[str, StoredFile], folder: Path) -> None:
        """Downloads those of `files` that are not in `folder`, or are older there, several at once."""

        def download(name: str) -> None:
            with contextlib.suppress(FileNotFoundError):  # handled: removed since it was listed
                self.download(name, folder / name, folder, files[name])

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(download, [name for name, file in files.items() if file.differs_from(folder / name)]))

    def _next_of(self, source: Any) -> bytes:
        with self._reported(_READ):
            piece: bytes = source.read(PIECE)
        return piece

    @contextlib.contextmanager
    def _reported(self, what: str) -> Iterator[None]:
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
