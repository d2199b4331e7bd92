"""The checkpoints of a run at a URL: complete ones go there and come back, and their links with them.

A manifest comes last and goes first, so what has one is complete, at every moment. The links are one small file,
checkpoints/links.json: {name: folder}.
"""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path, PurePosixPath
from typing import Any

from framecast.bounded.json_file import parse_json
from framecast.bounded.regular_file import read_bytes
from framecast.errors import InputError
from framecast.files import make_folder, remove_file, remove_tree, write_atomically
from framecast.json_text import to_json
from framecast.runs import layout
from framecast.runs.checkpoints import Checkpoint, CheckpointStore
from framecast.runs.url_folder import UrlFolder


class CheckpointMirror:
    """The folder of a run's checkpoints, and the same folder at a URL."""

    def __init__(self, folder: Path, url: str) -> None:
        self._folder = folder
        self._store = UrlFolder(url)
        self._there: dict[str, bytes] | None = None
        self._links: bytes | None = None
        self._lock = threading.Lock()

    def push(self) -> None:
        """Brings complete checkpoints and the links, then removes at the URL what is no longer here.

        Killed at any moment, it leaves complete checkpoints there: the older ones go when newer ones are whole.
        """
        with self._lock:
            manifests = sorted(self._folder.glob(f"{layout.STEPS}/{layout.MANIFEST}"))
            here = {path.parent.name: read_bytes(path) for path in manifests}
            if self._there is None:
                self._there = self._manifests_there()
            for name, manifest in here.items():
                if self._there.get(name) != manifest:
                    self._remove(name)  # what is left of an interrupted push, or of an attempt that was set back
                    for file in parse_json(manifest, f"{name}/{layout.MANIFEST}")["files"]:
                        self._store.upload(self._folder / name / file, f"{name}/{file}")
                    self._store.write(f"{name}/{layout.MANIFEST}", [manifest])
                    self._there[name] = manifest
            if not here:  # a folder that was never filled says nothing about what is at the URL
                return
            store = CheckpointStore(self._folder)
            links = {name: found.path.name for name in layout.CHECKPOINT_NAMES if (found := store.named(name))}
            if self._links != (text := to_json(links, indent=1).encode()):
                self._store.write(layout.LINKS, [text])
                self._links = text
            for name in set(self._there) - set(here):
                self._remove(name)
                del self._there[name]

    def pull(self) -> None:
        """Fetches complete checkpoints and the links; a checkpoint newer than all that are there is kept."""
        there = {name: manifest for name, manifest in self._manifests_there().items() if manifest}
        make_folder(self._folder, self._folder.parent)
        for name, manifest in there.items():
            with contextlib.suppress(FileNotFoundError):
                # handled: removed since it was listed, so a newer one is there
                self._pull_one(name, manifest)
        for old in self._folder.glob(layout.STEPS):
            if there and old.name not in there and old.name < max(there):  # removed at the URL
                remove_tree(old, self._folder.parent, ignore_errors=True)
        store = CheckpointStore(self._folder)
        best = str(_mapping(self._store.read(layout.LINKS)).get("best"))
        if best in there:
            store.point("best", best)  # which an older version knew and its manifests do not tell
        store.link()

    def _pull_one(self, name: str, manifest: bytes) -> None:
        """Fetches the files whose content is not what the manifest says, then the manifest."""
        folder = self._folder / name
        known = folder / layout.MANIFEST
        if known.exists() and read_bytes(known) == manifest:
            return
        remove_file(known, self._folder.parent)
        wanted = Checkpoint(folder, 0, 0, None, _mapping(manifest).get("files", {})).damaged()
        if any(PurePosixPath(file).is_absolute() or ".." in PurePosixPath(file).parts for file in wanted):
            raise InputError(f"{name} at {self._store.url} names files outside of it")
        for file in wanted:
            self._store.download(f"{name}/{file}", folder / file, self._folder.parent)
        make_folder(folder, self._folder.parent)
        write_atomically(known, manifest, self._folder.parent)

    def _manifests_there(self) -> dict[str, bytes]:
        """The manifest of each checkpoint at the URL, by folder; empty where the checkpoint is not complete."""
        names = self._store.files()
        parts = [PurePosixPath(name).parts for name in names]
        folders = {each[0] for each in parts if len(each) > 1 and layout.is_step_folder(each[0])}
        manifests = {each: f"{each}/{layout.MANIFEST}" for each in sorted(folders)}
        return {
            each: (self._store.read(name) or b"") if name in names else b"" for each, name in manifests.items()
        }

    def _remove(self, name: str) -> None:
        self._store.delete(f"{name}/{layout.MANIFEST}")
        self._store.delete_folder(name)


def _mapping(text: bytes | None) -> dict[str, Any]:
    """A JSON object as it was read; an empty one where there is none or it is not one."""
    try:
        found = parse_json(text or b"{}", "what is at the URL")
    except InputError:  # handled: no JSON; nothing is known, and manifests decide
        return {}
    return found if isinstance(found, dict) else {}
