"""The checkpoints of a run: complete or absent, never half-written.

A checkpoint is a folder step-NNNNNNNN with a manifest of its files' checksums. `last`, `previous` and `best`
are symbolic links to such folders, each replaced in one atomic step.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from framecast.json_text import to_json
from framecast.runs.folder import write_atomically

_MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Checkpoint:
    """One complete checkpoint on disk. `monitor` is the value that decides which one is best."""

    path: Path
    step: int
    epoch: int
    monitor: float | None
    files: dict[str, str]

    @classmethod
    def read(cls, path: Path) -> Checkpoint | None:
        """The checkpoint in a folder; None if it is not complete."""
        try:
            manifest: dict[str, Any] = json.loads((path / _MANIFEST).read_text())
            return cls(path, **manifest)
        except (OSError, ValueError, TypeError):
            return None

    def damaged(self) -> list[str]:
        """Names of the files whose content is not what was written."""
        return [name for name, checksum in self.files.items() if _checksum(self.path / name) != checksum]


class CheckpointStore:
    """The folder of a run's checkpoints. `direction` ("min" or "max") says which monitored value is better."""

    def __init__(self, folder: Path, keep_last: int = 2, keep_best: int = 1, direction: str = "min") -> None:
        self.folder = folder
        self._keep_last = keep_last
        self._keep_best = keep_best
        self._sign = 1 if direction == "min" else -1

    def all(self) -> list[Checkpoint]:
        """Every complete checkpoint, the newest first."""
        found = [Checkpoint.read(path) for path in self.folder.glob("step-*")]
        return sorted((each for each in found if each), key=lambda each: each.step, reverse=True)

    def named(self, name: str) -> Checkpoint | None:
        """The checkpoint that `last`, `previous` or `best` points to."""
        link = self.folder / name
        return Checkpoint.read(link.resolve()) if link.exists() else None

    def newest_sound(self) -> tuple[Checkpoint | None, list[str]]:
        """The newest checkpoint whose files are all intact, and what was wrong with newer ones."""
        complaints: list[str] = []
        for checkpoint in self.all():
            damaged = checkpoint.damaged()
            if not damaged:
                return checkpoint, complaints
            complaints.append(f"{checkpoint.path.name} is damaged ({', '.join(damaged)})")
        return None, complaints

    def begin(self, step: int) -> Path:
        """An empty folder beside the checkpoints, to be filled and then published."""
        folder = self._beside(step)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    def publish(self, step: int, epoch: int, monitor: float | None) -> tuple[Checkpoint, bool]:
        """Makes the folder from `begin` a checkpoint, moves the links to it, and deletes what is not kept.

        Returns it, and whether it is now the best.
        """
        written = self._beside(step)
        files = sorted(path for path in written.rglob("*") if path.is_file())
        checksums = {str(path.relative_to(written)): _checksum(path) for path in files}
        manifest = {"step": step, "epoch": epoch, "monitor": monitor, "files": checksums}
        write_atomically(written / _MANIFEST, to_json(manifest, indent=1))
        for path in (*files, written / _MANIFEST):
            _flush(path)
        target = self.folder / f"step-{step:08d}"
        outdone = self.folder / f".step-{step:08d}.outdone"
        if target.exists():  # an earlier attempt came this far and was set back
            shutil.rmtree(outdone, ignore_errors=True)
            os.rename(target, outdone)  # the links lead nowhere for as short as can be
        os.rename(written, target)
        shutil.rmtree(outdone, ignore_errors=True)
        _flush(self.folder)
        best = self._arrange()
        checkpoint = Checkpoint.read(target)
        assert checkpoint is not None, "it was just written"
        return checkpoint, target == best

    def _arrange(self) -> Path | None:
        """Points the links at the right checkpoints and deletes those that are neither new nor good enough."""
        newest = self.all()
        # a score that is not a number is no score: it would sort anywhere
        values = {each.step: each.monitor for each in newest if each.monitor is not None}
        measured = [each for each in newest if not math.isnan(values.get(each.step, math.nan))]
        best = sorted(measured, key=lambda each: (self._sign * values[each.step], each.step))
        kept = newest[: self._keep_last] + best[: self._keep_best]
        for name, chosen in (("last", newest[:1]), ("previous", newest[1:2]), ("best", best[:1])):
            if chosen and chosen[0] in kept:
                self._link(name, chosen[0].path.name)
        for old in newest:
            if old not in kept:
                shutil.rmtree(old.path)
        for link in (self.folder / "previous", self.folder / "best"):
            if link.is_symlink() and not link.exists():  # fewer are kept than when it was made
                link.unlink()
        return best[0].path if best else None

    def _link(self, name: str, target: str) -> None:
        beside = self.folder / f".{name}.writing"
        beside.unlink(missing_ok=True)
        beside.symlink_to(target, target_is_directory=True)
        os.replace(beside, self.folder / name)

    def _beside(self, step: int) -> Path:
        return self.folder / f".step-{step:08d}.writing"


def _checksum(path: Path) -> str:
    try:
        with open(path, "rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return "unreadable"


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
