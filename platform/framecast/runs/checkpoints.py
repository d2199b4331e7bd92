"""The checkpoints of a run: complete or absent, never half-written.

A checkpoint is a folder step-NNNNNNNN with a manifest of its files' checksums. Which one is `last`, `previous`
or `best` follows from the manifests. Links of these names are a convenience for people: file systems without
links do without, and a copy in which they became folders or files is read all the same.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from framecast.bounded.json_file import read_json_object
from framecast.errors import InputError
from framecast.files import (
    checksum,
    flush,
    has_checksum,
    make_folder,
    make_link,
    move,
    remove_file,
    remove_tree,
    write_atomically,
)
from framecast.json_text import to_json
from framecast.runs import layout
from framecast.runs.run_folder import RunFolder


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
            manifest: dict[str, Any] = read_json_object(path / layout.MANIFEST)
            found = cls(path, **manifest)
        except (OSError, InputError, TypeError):
            # handled: not complete, so no checkpoint; older ones are used
            return None
        return found if found._is_sound() else None

    def damaged(self) -> list[str]:
        """Names of the files whose content is not what was written."""
        return [
            name
            for name, expected in self.files.items()
            if not has_checksum(self.path / name, expected, self.path)
        ]

    def _is_sound(self) -> bool:
        counts = all(isinstance(each, int) and each >= 0 for each in (self.step, self.epoch))
        value = self.monitor is None or isinstance(self.monitor, int | float)
        files = isinstance(self.files, dict) and all(
            isinstance(checksum, str)
            and not PurePosixPath(name).is_absolute()
            and ".." not in PurePosixPath(name).parts
            for name, checksum in self.files.items()
        )
        own_name = self.path.name in (*layout.CHECKPOINT_NAMES, layout.step_folder(self.step)) if counts else False
        return own_name and value and files and self.direction in (None, "min", "max")

    @property
    def samples(self) -> Path:
        """A few predictions for the report; there after an evaluation."""
        return self.path / layout.SAMPLES


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
        copies = [self.folder / name for name in layout.CHECKPOINT_NAMES if not (self.folder / name).is_symlink()]
        found: dict[int, Checkpoint] = {}
        numbered = [path for path in self.folder.glob(layout.STEPS) if not path.is_symlink()]  # no link is ours
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
        if direction is None and (linked := Checkpoint.read(Path(os.path.realpath(self.folder / "best")))):
            return [each for each in measured if each.step == linked.step]  # by an older version, which knew
        sign = -1 if direction == "max" else 1
        return sorted(measured, key=lambda each: (sign * values[each.step], each.step))

    def without_manifest(self, after: int = -1) -> list[str]:
        """What is wrong with checkpoints of more than `after` steps whose manifest is damaged: they are passed
        over."""
        names = sorted(path.name for path in self.folder.glob(layout.STEPS) if (path / layout.MANIFEST).exists())
        known = {checkpoint.path.name for checkpoint in self.all()}
        return [
            f"{name} has a damaged {layout.MANIFEST} and is passed over"
            for name in names
            if name not in known and name > layout.step_folder(max(after, 0))
        ]

    def begin(self, step: int) -> Path:
        """An empty folder beside the checkpoints, to be filled and then published."""
        folder = self._beside(step)
        for left in self.folder.glob(layout.UNFINISHED_STEPS):
            if layout.is_unfinished_step(left.name):  # by a process that was killed
                self._remove(left)
        return make_folder(folder, self._top, exist_ok=False)

    def publish(self, step: int, epoch: int, monitor: float | None) -> tuple[Checkpoint, bool]:
        """Makes the folder from `begin` a checkpoint, moves the links to it, and deletes what is not kept.

        Returns it, and whether it is now the best.
        """
        written = self._beside(step)
        files = sorted(path for path in written.rglob("*") if path.is_file())
        checksums = {str(path.relative_to(written)): checksum(path, written) for path in files}
        direction = self._direction or "min"
        manifest = {"step": step, "epoch": epoch, "monitor": monitor, "files": checksums, "direction": direction}
        write_atomically(written / layout.MANIFEST, to_json(manifest, indent=1), self._top)
        for path in (*files, written / layout.MANIFEST):
            flush(path)
        target = self.folder / layout.step_folder(step)
        outdone = self.folder / layout.replaced_step(step)
        if os.path.lexists(target):  # an earlier attempt came this far and was set back
            self._remove(outdone)
            move(target, outdone, self._top)  # the links lead nowhere for as short as can be
        move(written, target, self._top)
        self._remove(outdone)
        flush(self.folder)
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
            if checkpoint.path.name in layout.CHECKPOINT_NAMES:
                move(checkpoint.path, self.folder / layout.step_folder(checkpoint.step), self._top)
        for name in layout.CHECKPOINT_NAMES:
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
        for name in layout.CHECKPOINT_NAMES:
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
        return self.folder / layout.unfinished_step(step)


def checkpoint_at(path: Path) -> tuple[RunFolder, Checkpoint] | None:
    """The checkpoint that a path names, also by a name without a link, and its run; None where it names none.

    Raises InputError where the path is that of a checkpoint which is not complete.
    """
    inside = path.parent.name == layout.CHECKPOINTS
    real = Path(os.path.realpath(path))  # unlike Path.resolve, it returns from a link to itself
    run = RunFolder(real.parent.parent)
    if (path / layout.MANIFEST).exists() or (path.is_dir() and inside):
        found = Checkpoint.read(real)
        if found is None:
            raise InputError(f"{path} is not a complete checkpoint: its {layout.MANIFEST} is missing or damaged")
        return run, found
    named = CheckpointStore(path.parent).named(path.name) if inside else None
    return (run, named) if named else None
