"""The checkpoints of a run: complete or absent, never half-written.

A checkpoint is a folder step-NNNNNNNN with a manifest of its files' checksums. Which one is `last`, `previous`
or `best` follows from the manifests. Links of these names are a convenience for people: file systems without
links do without, and a copy in which they became folders or files is read all the same.
"""

from __future__ import annotations

import errno
import hashlib
import math
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from framecast.bounded.json_file import read_json_object
from framecast.bounded.safetensors_file import read_metadata
from framecast.errors import InputError
from framecast.json_text import to_json
from framecast.safe_files import (
    make_folder,
    make_link,
    move,
    open_to_read,
    remove_file,
    remove_tree,
    write_atomically,
)

NAMES = ("best", "last", "previous")
"""What checkpoints are called beside their numbers."""

_MANIFEST = "manifest.json"
_UNFINISHED = re.compile(r"\.step-\d{8,}\.(writing|outdone)")


@dataclass(frozen=True)
class Checkpoint:
    """One complete checkpoint on disk. `monitor` is the value that decides which one is best; `direction` says
    whether the lowest ("min") or the highest ("max") is, None where an older version wrote it."""

    path: Path
    step: int
    epoch: int
    monitor: float | None
    files: dict[str, str]
    direction: str | None = None

    @classmethod
    def read(cls, path: Path) -> Checkpoint | None:
        """The checkpoint in a folder; None if it is not complete, or its manifest is not one that we write."""
        try:
            manifest: dict[str, Any] = read_json_object(path / _MANIFEST)
            found = cls(path, **manifest)
        except (OSError, InputError, TypeError):
            # handled: not complete, so no checkpoint; older ones are used
            return None
        return found if found._is_sound() else None

    def damaged(self) -> list[str]:
        """Names of the files whose content is not what was written."""
        return [
            name for name, checksum in self.files.items() if _checksum(self.path / name, self.path) != checksum
        ]

    def unusable(self) -> str:
        """Why it cannot be continued from, though it is complete: "is damaged (model.safetensors)"; else empty."""
        damaged = self.damaged()
        return f"is damaged ({', '.join(damaged)})" if damaged else self.unreadable()

    def unreadable(self) -> str:
        """Why its files cannot be read, though they are what was written: "cannot be read (...)"; else empty."""
        try:
            for name in self.files:
                if name.endswith(".safetensors"):
                    read_metadata(self.path / name)
            if "loop.json" in self.files:
                _validate_position(read_json_object(self.path / "loop.json"))
        except (InputError, OSError) as error:
            return f"cannot be read ({error})"
        return ""

    def _is_sound(self) -> bool:
        counts = all(isinstance(each, int) and each >= 0 for each in (self.step, self.epoch))
        value = self.monitor is None or isinstance(self.monitor, int | float)
        files = isinstance(self.files, dict) and all(
            isinstance(checksum, str)
            and not PurePosixPath(name).is_absolute()
            and ".." not in PurePosixPath(name).parts
            for name, checksum in self.files.items()
        )
        own_name = self.path.name in (*NAMES, _folder(self.step)) if counts else False
        return own_name and value and files and self.direction in (None, "min", "max")


class CheckpointStore:
    """The folder of a run's checkpoints. `direction` ("min" or "max") says which monitored value is better; for
    reading that is known from the manifests."""

    def __init__(self, folder: Path, keep_last: int = 2, keep_best: int = 1, direction: str | None = None) -> None:
        self.folder = folder
        self._keep_last = keep_last
        self._keep_best = keep_best
        self._direction = direction

    def all(self) -> list[Checkpoint]:
        """Every complete checkpoint, the newest first."""
        copies = [self.folder / name for name in NAMES if not (self.folder / name).is_symlink()]
        found: dict[int, Checkpoint] = {}
        numbered = [path for path in self.folder.glob("step-*") if not path.is_symlink()]  # no link is ours
        for path in [*copies, *numbered]:  # a numbered one comes before its copy
            if checkpoint := Checkpoint.read(path):
                found[checkpoint.step] = checkpoint
        return sorted(found.values(), key=lambda each: each.step, reverse=True)

    def named(self, name: str) -> Checkpoint | None:
        """The checkpoint that is `last`, `previous` or `best`."""
        return self._chosen(self.all()).get(name)

    def _chosen(self, newest: list[Checkpoint]) -> dict[str, Checkpoint]:
        """Those that have a name, of all, the newest first."""
        best = self._ranked(newest)
        places = {"last": newest[:1], "previous": newest[1:2], "best": best[:1]}
        return {name: found[0] for name, found in places.items() if found}

    def _ranked(self, newest: list[Checkpoint]) -> list[Checkpoint]:
        """Those with a score, the best first, of equals the earlier."""
        known = [each.direction for each in newest if each.direction]
        direction = self._direction or (known[0] if known else None)
        # a score that is not a number is no score: it would sort anywhere
        values = {each.step: each.monitor for each in newest if each.monitor is not None}
        measured = [each for each in newest if not math.isnan(values.get(each.step, math.nan))]
        if direction is None and (linked := Checkpoint.read((self.folder / "best").resolve())):
            return [each for each in measured if each.step == linked.step]  # by an older version, which knew
        sign = -1 if direction == "max" else 1
        return sorted(measured, key=lambda each: (sign * values[each.step], each.step))

    def newest_sound(
        self, why_unfit: Callable[[Checkpoint], str] = lambda checkpoint: ""
    ) -> tuple[Checkpoint | None, list[str]]:
        """The newest checkpoint whose files are all intact, and what was wrong with newer ones. `why_unfit` says
        in words why one cannot be used all the same; empty where it can."""
        complaints: list[str] = []
        found = self.all()
        for checkpoint in found:
            if not (why := checkpoint.unusable() or why_unfit(checkpoint)):
                complaints += self.without_manifest(after=checkpoint.step)
                return checkpoint, complaints
            complaints.append(f"{checkpoint.path.name} {why}")
        return None, [*complaints, *self.without_manifest()]

    def without_manifest(self, after: int = -1) -> list[str]:
        """What is wrong with checkpoints of more than `after` steps whose manifest is damaged: they are passed
        over."""
        names = sorted(path.name for path in self.folder.glob("step-*") if (path / _MANIFEST).exists())
        known = {checkpoint.path.name for checkpoint in self.all()}
        return [
            f"{name} has a damaged {_MANIFEST} and is passed over"
            for name in names
            if name not in known and name > _folder(max(after, 0))
        ]

    def begin(self, step: int) -> Path:
        """An empty folder beside the checkpoints, to be filled and then published."""
        folder = self._beside(step)
        for left in self.folder.glob(".step-*"):
            if _UNFINISHED.fullmatch(left.name):  # by a process that was killed
                self._remove(left)
        return make_folder(folder, self._top, exist_ok=False)

    def publish(self, step: int, epoch: int, monitor: float | None) -> tuple[Checkpoint, bool]:
        """Makes the folder from `begin` a checkpoint, moves the links to it, and deletes what is not kept.

        Returns it, and whether it is now the best.
        """
        written = self._beside(step)
        files = sorted(path for path in written.rglob("*") if path.is_file())
        checksums = {str(path.relative_to(written)): _checksum(path, written) for path in files}
        direction = self._direction or "min"
        manifest = {"step": step, "epoch": epoch, "monitor": monitor, "files": checksums, "direction": direction}
        write_atomically(written / _MANIFEST, to_json(manifest, indent=1), self._top)
        for path in (*files, written / _MANIFEST):
            _flush(path)
        target = self.folder / _folder(step)
        outdone = self.folder / f".step-{step:08d}.outdone"
        if os.path.lexists(target):  # an earlier attempt came this far and was set back
            self._remove(outdone)
            move(target, outdone, self._top)  # the links lead nowhere for as short as can be
        move(written, target, self._top)
        self._remove(outdone)
        _flush(self.folder)
        best = self._arrange()
        checkpoint = Checkpoint.read(target)
        assert checkpoint is not None, "it was just written"
        return checkpoint, target == best

    def _arrange(self) -> Path | None:
        """Deletes checkpoints that are neither new nor good enough, and has the links point to the right ones."""
        newest = self._numbered()
        best = self._ranked(newest)
        kept = {each.step for each in newest[: self._keep_last] + best[: self._keep_best]}
        for old in newest:
            if old.step not in kept:
                self._remove(old.path)
        self.link()
        return best[0].path if best else None

    def _numbered(self) -> list[Checkpoint]:
        """All checkpoints, in folders by their numbers: copies in the links' places make way, or become them."""
        for checkpoint in self.all():
            if checkpoint.path.name in NAMES:
                move(checkpoint.path, self.folder / _folder(checkpoint.step), self._top)
        for name in NAMES:
            place = self.folder / name
            if place.is_dir() and not place.is_symlink():
                self._remove(place)
            for left in self.folder.glob(f".{name}.*writing"):  # by a process that was killed
                remove_file(left, self._top)
        return self.all()

    def link(self) -> None:
        """Has a link of each name point to its checkpoint, each in one atomic step. Where the file system has no
        links there are none: nothing depends on them."""
        chosen = self._chosen(self.all())
        for name in NAMES:
            self.point(name, chosen[name].path.name if name in chosen else None)

    def point(self, name: str, target: str | None) -> None:
        """Has one link point to a folder, or takes it away."""
        place = self.folder / name
        if place.is_dir() and not place.is_symlink():
            return  # a copy of a checkpoint, until the next one is written
        try:
            if target is None:
                remove_file(place, self._top)
            else:
                make_link(place, target, self._top)
        except (OSError, NotImplementedError):  # handled: no links here; best and last follow from the manifests
            remove_file(place, self._top)  # none is better than one to an older checkpoint

    @property
    def _top(self) -> Path:
        return self.folder.parent

    def _remove(self, folder: Path) -> None:
        if folder.is_symlink():
            remove_file(folder, self._top)
        else:
            remove_tree(folder, self._top, ignore_errors=True)

    def _beside(self, step: int) -> Path:
        return self.folder / f".step-{step:08d}.writing"


def _validate_position(loop: dict[str, Any]) -> None:
    """Raises InputError where what was saved of the loop says of no place in the training."""
    position = loop.get("position")
    position = position if isinstance(position, dict) else {}
    counts = [position.get(name) for name in ("epoch", "batch", "step")]
    others = [position.get(name, 0) for name in ("evaluations", "seconds")]
    sound = all(type(each) is int and 0 <= each < 2**53 for each in counts)
    sound = sound and all(type(each) in (int, float) and 0 <= each < 2**53 for each in others)
    if not sound or not position.keys() <= {"epoch", "batch", "step", "evaluations", "seconds", "best"}:
        raise InputError("loop.json holds no position in the training")


def _folder(step: int) -> str:
    return f"step-{step:08d}"


def _checksum(path: Path, top: Path) -> str:
    """Of a file's content; "unreadable" for what is no plain file: a link, a pipe or a device is none of ours."""
    try:
        with open(open_to_read(path, top), "rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except (OSError, ValueError, InputError):  # handled: counted as damaged, which is told with the file's name
        return "unreadable"


def _flush(path: Path) -> None:
    """Has the system write a file, or the names in a folder, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EACCES) or not path.is_dir():
            raise  # some file systems cannot flush a folder
    finally:
        os.close(descriptor)
