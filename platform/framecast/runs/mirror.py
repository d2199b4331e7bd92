"""A run folder on an object store: training works in a local folder, a `Mirror` carries it to a URL and back.

The layout at the URL is that on disk, root/NAME/RUN_ID/..., except that

- the links in checkpoints/ are a file there, checkpoints/links.json (`CheckpointMirror`);
- dot-files are unfinished things and stay at home; `stop` is a request, and travels only by itself.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from framecast.files import write_atomically
from framecast.runs import layout
from framecast.runs.checkpoint_mirror import CheckpointMirror
from framecast.runs.driver import is_driven_here
from framecast.runs.folder import Folder
from framecast.runs.job_folder import JobFolder
from framecast.runs.url_folder import StoredFile, UrlFolder, is_hidden, url_below
from framecast.runs.working_copy import url_of_working_copy

Owned = Callable[[str], bool]
"""Whether a file of a run, by its name within the folder, is written by this process."""

_SURE = 64 << 10
"""Bytes up to which a new process sends a file again rather than believe that an equal size is an equal file."""


def _all(name: str) -> bool:
    return True


def _none(name: str) -> bool:
    return False


def refresh(run: Folder, checkpoints: bool = False) -> None:
    """Fetches what has changed of a run at a URL; does nothing for one on disk, or that is driven from here."""
    mirror = Mirror.of(run.path)
    if mirror and not is_driven_here(JobFolder(run.path)):
        mirror.pull(checkpoints)


class Mirror:
    """One run: its local folder, and its place at a URL.

    Methods raise InputError if the URL cannot be reached, and OSError if the local disk fails.
    """

    def __init__(self, path: Path, url: str) -> None:
        """`path` is the run's local folder, `url` that of the same folder at the store."""
        self.path = path
        self.store = UrlFolder(url)
        self.checkpoints = CheckpointMirror(path / layout.CHECKPOINTS, url_below(url, layout.CHECKPOINTS))
        self.last_error: Exception | None = None
        """Why the last push in the background failed; None once one has worked."""
        self._sent: dict[str, tuple[int, int]] | None = None
        self._lock = threading.Lock()

    @classmethod
    def of(cls, path: Path) -> Mirror | None:
        """The mirror of a run in a working copy; None if the run lives on disk only."""
        path = path.resolve()
        if not (url := url_of_working_copy(path.parent.parent)):
            return None
        return cls(path, url_below(url, path.parent.name, path.name))

    def push_files(self, owned: Owned = _all) -> None:
        """Sends all of `owned` but checkpoints. What is deleted here stays at the URL."""
        with self._lock:
            if self._sent is None:
                there = {name: file.size for name, file in self._remote_files().items()}
                self._sent = {
                    name: (size, file.stat().st_mtime_ns)
                    for name, file in self._local_files()
                    if (size := there.get(name, 0)) > _SURE and size == file.stat().st_size
                }
            for name, file in self._local_files():
                if not owned(name):
                    continue
                with contextlib.suppress(FileNotFoundError):
                    # handled: it was there a moment ago; the next round looks again
                    stat = file.stat()
                    if self._sent.get(name) != (stat.st_size, stat.st_mtime_ns):
                        stat = self.store.upload(file, name)
                        self._sent[name] = (stat.st_size, stat.st_mtime_ns)

    def pull(self, checkpoints: bool = False, owned: Owned = _none) -> None:
        """Fetches what differs, each file in one step; with `checkpoints` also the complete ones and the links.

        What is `owned` stays as it is; nothing else in the folder may be written to meanwhile. A file that was
        written here after the one at the URL is kept.
        """
        theirs = {name: file for name, file in self._remote_files().items() if not owned(name)}
        self.store.download_changed(theirs, self.path)
        if checkpoints:
            self.checkpoints.pull()

    @contextlib.contextmanager
    def synchronise(self, owned: Owned = _all, fetching: bool = False, seconds: float = 5.0) -> Iterator[None]:
        """While the body runs, sends what is `owned` to the URL every few seconds, in the background, and at its
        end; with `fetching` what is not comes back. A request to stop is fetched in any case.

        A failure is reported once, on standard error, until it works again: the training continues in any case.
        """
        ended = threading.Event()

        def exchange() -> None:
            self.push_files(owned)
            if fetching:
                self.pull(owned=owned)
            request = self.store.read(layout.STOP)
            if request is not None and not (self.path / layout.STOP).exists():
                write_atomically(self.path / layout.STOP, request)

        def go_on() -> None:
            while not ended.wait(seconds):  # counts from the end of the last one: nothing can pile up
                self._try(exchange, f"the run goes on in {self.path}, and so do the attempts")

        thread = threading.Thread(target=go_on, name="mirror", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            self.last_error = None  # the last word is said in any case
            self._try(exchange, f"the whole run is in {self.path}, what is at the URL is older")

    def _try(self, exchange: Callable[[], None], afterword: str) -> None:
        try:
            exchange()
            self.last_error = None
        except Exception as error:  # whatever it is, the training must continue
            if self.last_error is None:
                print(f"warning: {error}; {afterword}", file=sys.stderr, flush=True)
            self.last_error = error

    def _local_files(self) -> Iterator[tuple[str, Path]]:
        for folder, inner, files in os.walk(self.path):
            here = Path(folder)
            inner[:] = [
                name
                for name in inner
                if not name.startswith(".") and (here / name) != self.path / layout.CHECKPOINTS
            ]
            for file in (here / name for name in files if not name.startswith(".")):
                if file.is_file() and not file.is_symlink() and file != self.path / layout.STOP:
                    yield file.relative_to(self.path).as_posix(), file

    def _remote_files(self) -> dict[str, StoredFile]:
        apart = (layout.CHECKPOINTS, layout.STOP)
        files = self.store.files()
        return {name: files[name] for name in files if not is_hidden(name) and name.partition("/")[0] not in apart}
