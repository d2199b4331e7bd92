"""A run folder on an object store: training works in a local folder, a `Mirror` carries it to a URL and back.

The layout at the URL is that on disk, root/NAME/RUN_ID/..., except that

- the links in checkpoints/ are one small file, checkpoints/links.json: {name: folder};
- a checkpoint's manifest.json comes last and goes first: what has one is complete, at every moment;
- dot-files are unfinished things and stay at home; `stop` is a request, and travels only by itself.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import Any

from framecast.bounded.json_file import parse_json
from framecast.bounded.regular_file import read_bytes, read_text
from framecast.errors import InputError
from framecast.files import make_folder, remove_file, remove_tree, write_atomically
from framecast.json_text import to_json
from framecast.runs import layout
from framecast.runs.checkpoints import Checkpoint, CheckpointStore
from framecast.runs.driver import Driver
from framecast.runs.folder import Folder
from framecast.runs.job_folder import JobFolder
from framecast.runs.remote import Entry, Remote
from framecast.user_folders import cache_folder

Owned = Callable[[str], bool]
"""Whether a file of a run, by its name within the folder, is written by this process."""

_LISTED = {".yaml", ".json", ".jsonl", ".csv"}
"""What `pull_all` fetches of a run: the files that a list of runs is made of."""
_SURE = 64 << 10
"""Bytes up to which a new process sends a file again rather than believe that an equal size is an equal file."""
_AT_ONCE = 8
"""Files fetched side by side: most of the time of a small one is waiting."""


def _all(name: str) -> bool:
    return True


def _none(name: str) -> bool:
    return False


def working_copy(url: str, side: str = "") -> Path:
    """The local root of the runs at a URL, below $FRAMECAST_CACHE or ~/.cache/framecast; each `side` has its own.

    It holds the URL in a file, so that every process that is given a folder below it finds the URL again.
    Raises InputError if the URL holds credentials or the folder cannot be made.
    """
    url = Remote(url).url
    cache = cache_folder().resolve()
    root = cache / f"{_name_of_working_copy(url)}{side}"
    try:
        make_folder(cache, mode=0o700)
        make_folder(root, cache)
        if not (root / layout.URL).exists():
            write_atomically(root / layout.URL, url)
    except OSError as error:
        raise InputError(f"cannot make {root}, the working copy of {url}: {error.strerror or error}") from None
    return root


def url_of_working_copy(root: Path) -> str:
    """The URL of which a root of runs is the working copy; empty for any other folder.

    The file that says so counts only where Framecast itself has made it: a folder of runs that another user has
    made does not choose an address, to which keys of a store would be sent.
    """
    root = root.resolve()
    if root.parent != cache_folder().resolve() or not (root / layout.URL).is_file():
        return ""
    url = read_text(root / layout.URL)
    return url if root.name.startswith(_name_of_working_copy(url)) else ""


def _name_of_working_copy(url: str) -> str:
    readable = re.sub(r"[^A-Za-z0-9]+", "-", url.partition("?")[0]).strip("-")[:60]
    return f"{readable}-{hashlib.sha256(url.encode()).hexdigest()[:8]}"


def pull_all(url: str) -> Path:
    """The working copy of a URL with the small files of all its runs: no checkpoints, logs or reports.

    Only what has changed is fetched. Raises InputError if the URL cannot be read.
    """
    root, remote = working_copy(url), Remote(url)
    small = {
        name: entry
        for name, entry in remote.files().items()
        if len(path := PurePosixPath(name).parts) == 3 and Path(name).suffix in _LISTED and not _hidden(path)
    }
    driven = {run for run in {name.rpartition("/")[0] for name in small} if _driven_here(root / run)}
    _fetch(remote, root, {name: entry for name, entry in small.items() if name.rpartition("/")[0] not in driven})
    return root


def refresh(run: Folder, checkpoints: bool = False) -> None:
    """Fetches what has changed of a run at a URL; does nothing for one on disk, or that is driven from here."""
    mirror = Mirror.of(run.path)
    if mirror and not _driven_here(run.path):
        mirror.pull(checkpoints)


class Mirror:
    """One run: its local folder, and its place at a URL.

    Methods raise InputError if the URL cannot be reached, and OSError if the local disk fails.
    """

    def __init__(self, path: Path, url: str) -> None:
        """`path` is the run's local folder, `url` that of the same folder at the store."""
        self.path = path
        self.remote = Remote(url)
        self.last_error: Exception | None = None
        """Why the last push in the background failed; None once one has worked."""
        self._sent: dict[str, tuple[int, int]] | None = None
        self._there: dict[str, bytes] | None = None
        self._links: bytes | None = None
        self._files_lock = threading.Lock()
        self._checkpoints_lock = threading.Lock()

    @classmethod
    def of(cls, path: Path) -> Mirror | None:
        """The mirror of a run in a working copy; None if the run lives on disk only."""
        path = path.resolve()
        if not (url := url_of_working_copy(path.parent.parent)):
            return None
        base, _, query = url.partition("?")
        return cls(path, f"{base}/{path.parent.name}/{path.name}" + (f"?{query}" if query else ""))

    def push_files(self, owned: Owned = _all) -> None:
        """Brings all of `owned` but checkpoints. What is deleted here stays at the URL."""
        with self._files_lock:
            if self._sent is None:
                there = {name: entry.size for name, entry in self._remote_files().items()}
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
                        stat = self.remote.upload(file, name)
                        self._sent[name] = (stat.st_size, stat.st_mtime_ns)

    def push_checkpoints(self) -> None:
        """Brings complete checkpoints and the links, then removes at the URL what is no longer here.

        Killed at any moment, it leaves complete checkpoints there: the older ones go when newer ones are whole.
        """
        with self._checkpoints_lock:
            folder = self.path / layout.CHECKPOINTS
            here = {
                path.parent.name: read_bytes(path)
                for path in sorted(folder.glob(f"{layout.STEPS}/{layout.MANIFEST}"))
            }
            if self._there is None:
                self._there = self._remote_checkpoints()
            for name, manifest in here.items():
                if self._there.get(name) != manifest:
                    self._remove(name)  # what is left of an interrupted push, or of an attempt that was set back
                    for file in parse_json(manifest, f"{name}/{layout.MANIFEST}")["files"]:
                        self.remote.upload(folder / name / file, f"{layout.CHECKPOINTS}/{name}/{file}")
                    self.remote.write(f"{layout.CHECKPOINTS}/{name}/{layout.MANIFEST}", manifest)
                    self._there[name] = manifest
            if not here:  # a folder that was never filled says nothing about what is at the URL
                return
            store = CheckpointStore(folder)
            links = {name: found.path.name for name in layout.CHECKPOINT_NAMES if (found := store.named(name))}
            if self._links != (text := to_json(links, indent=1).encode()):
                self.remote.write(f"{layout.CHECKPOINTS}/{layout.LINKS}", text)
                self._links = text
            for name in set(self._there) - set(here):
                self._remove(name)
                del self._there[name]

    def pull(self, checkpoints: bool = False, owned: Owned = _none) -> None:
        """Fetches what differs, each file in one step; with `checkpoints` also the complete ones and the links.

        What is `owned` stays as it is; nothing else in the folder may be written to meanwhile. A file that was
        written here after the one at the URL is kept, and so is a checkpoint newer than all that are there.
        """
        theirs = {name: entry for name, entry in self._remote_files().items() if not owned(name)}
        _fetch(self.remote, self.path, theirs)
        if checkpoints:
            self._pull_checkpoints()

    @contextlib.contextmanager
    def kept(self, owned: Owned = _all, fetching: bool = False, seconds: float = 5.0) -> Iterator[None]:
        """While it lasts, brings what is `owned` to the URL every few seconds, in the background, and at its end;
        with `fetching` what is not comes back. A request to stop is fetched in any case.

        A failure is reported once, on standard error, until it works again: the training continues in any case.
        """
        ended = threading.Event()

        def exchange() -> None:
            self.push_files(owned)
            if fetching:
                self.pull(owned=owned)
            request = self.remote.read(layout.STOP)
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

    def write(self, name: str, text: str) -> None:
        """Puts a small file next to the run at the URL, such as a request for the process that drives the run."""
        self.remote.write(name, text.encode())

    def delete(self, name: str) -> None:
        """Removes such a file, if it is there."""
        self.remote.delete(name)

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

    def _remote_files(self) -> dict[str, Entry]:
        return {
            name: entry
            for name, entry in self.remote.files().items()
            if not _hidden(parts := PurePosixPath(name).parts)
            and parts[0] not in (layout.CHECKPOINTS, layout.STOP)
        }

    def _remote_checkpoints(self) -> dict[str, bytes]:
        """The manifest of each checkpoint at the URL, by folder; empty where the checkpoint is not complete."""
        names = self.remote.files(layout.CHECKPOINTS)
        parts = [PurePosixPath(name).parts for name in names]
        folders = {each[1] for each in parts if len(each) > 2 and layout.is_step_folder(each[1])}
        manifests = {each: f"{layout.CHECKPOINTS}/{each}/{layout.MANIFEST}" for each in sorted(folders)}
        return {
            each: (self.remote.read(name) or b"") if name in names else b"" for each, name in manifests.items()
        }

    def _remove(self, name: str) -> None:
        self.remote.delete(f"{layout.CHECKPOINTS}/{name}/{layout.MANIFEST}")
        self.remote.delete_folder(f"{layout.CHECKPOINTS}/{name}")

    def _pull_checkpoints(self) -> None:
        there = {name: manifest for name, manifest in self._remote_checkpoints().items() if manifest}
        folder = self.path / layout.CHECKPOINTS
        make_folder(folder, self.path)
        for name, manifest in there.items():
            with contextlib.suppress(FileNotFoundError):
                # handled: removed since it was listed, so a newer one is there
                self._pull_checkpoint(name, manifest)
        for old in folder.glob(layout.STEPS):
            if there and old.name not in there and old.name < max(there):  # removed at the URL
                remove_tree(old, self.path, ignore_errors=True)
        store = CheckpointStore(folder)
        best = str(_plain(self.remote.read(f"{layout.CHECKPOINTS}/{layout.LINKS}")).get("best"))
        if best in there:
            store.point("best", best)  # which an older version knew and its manifests do not tell
        store.link()

    def _pull_checkpoint(self, name: str, manifest: bytes) -> None:
        """Fetches the files whose content is not what the manifest says, then the manifest."""
        folder = self.path / layout.CHECKPOINTS / name
        known = folder / layout.MANIFEST
        if known.exists() and read_bytes(known) == manifest:
            return
        remove_file(known, self.path)
        wanted = Checkpoint(folder, 0, 0, None, _plain(manifest).get("files", {})).damaged()
        if any(PurePosixPath(file).is_absolute() or ".." in PurePosixPath(file).parts for file in wanted):
            raise InputError(f"{self.remote.url}/{layout.CHECKPOINTS}/{name} names files outside of it")
        for file in wanted:
            self.remote.download(f"{layout.CHECKPOINTS}/{name}/{file}", folder / file, self.path)
        make_folder(folder, self.path)
        write_atomically(known, manifest, self.path)


def _fetch(remote: Remote, root: Path, entries: dict[str, Entry]) -> None:
    """Downloads those that differ from the local files, several at once."""

    def fetch(name: str) -> None:
        with contextlib.suppress(FileNotFoundError):  # handled: removed since it was listed
            remote.download(name, root / name, root, entries[name])

    wanted = [name for name, entry in entries.items() if _differs(root / name, entry)]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(fetch, wanted))


def _differs(file: Path, entry: Entry) -> bool:
    """Whether the file at the URL is another than the local one and not older."""
    try:
        stat = file.stat()
    except FileNotFoundError:  # handled: there is none here, so it is fetched
        return True
    if entry.mtime_ns is None or stat.st_mtime_ns < entry.mtime_ns:
        return True
    return stat.st_mtime_ns == entry.mtime_ns and stat.st_size != entry.size


def _driven_here(run: Path) -> bool:
    """Whether a process of this host writes to the run; one of another host writes to a folder of its own."""
    driver = Driver.of(JobFolder(run))
    return driver is not None and driver.is_here and driver.is_alive


def _hidden(parts: Iterable[str]) -> bool:
    return any(part.startswith(".") for part in parts)


def _plain(text: bytes | None) -> dict[str, Any]:
    """A JSON object as it was read; an empty one where there is none or it is not one."""
    try:
        found = parse_json(text or b"{}", "what is at the URL")
    except InputError:  # handled: no JSON; nothing is known, and manifests decide
        return {}
    return found if isinstance(found, dict) else {}
