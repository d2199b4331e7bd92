"""The files of a run that another machine needs: to evaluate it, to predict with it, to read its report."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from framecast.bounded.json_file import parse_json
from framecast.bounded.regular_file import open_regular, pieces_of
from framecast.errors import InputError
from framecast.files import has_checksum
from framecast.runs import layout
from framecast.runs.checkpoints import CheckpointStore
from framecast.runs.run_folder import RunFolder
from framecast.runs.status import Status

_MOST_FILES = 100_000

_FILES = (
    layout.PLAN,
    layout.JOB,
    layout.ENVIRONMENT,
    layout.EVENTS,
    layout.METRICS,
    layout.REPORT,
    layout.TRIAL,
)
_NAMES = layout.CHECKPOINT_NAMES[:2]


@dataclass(frozen=True)
class RunFile:
    """`size` in bytes; of a file that is still being written it is what it had when it was listed."""

    size: int
    sha256: str

    @classmethod
    def of(cls, path: Path) -> RunFile:
        """A file may grow meanwhile: what counts is what it holds now."""
        digest, size = hashlib.sha256(), 0
        with open_regular(path) as stream:
            for piece in pieces_of(stream, os.fstat(stream.fileno()).st_size):
                digest.update(piece)
                size += len(piece)
        return cls(size, digest.hexdigest())

    def is_same(self, path: Path) -> bool:
        """Whether it is the file at `path`."""
        return path.is_file() and path.stat().st_size == self.size and has_checksum(path, self.sha256)


@dataclass(frozen=True)
class RunFiles:
    """What is to be brought of the run in `folder`, and the checkpoints that `links` point to."""

    folder: str
    state: str
    files: dict[str, RunFile]
    links: dict[str, str]

    @classmethod
    def of(cls, run: RunFolder, every_checkpoint: bool, logs: bool) -> RunFiles:
        """Its plan, events and report, the plugins it brought along, its best and last checkpoint or all of them,
        and if asked its logs."""
        paths = [run.path / name for name in _FILES]
        paths += [*run.evaluations(), *run.plugins.rglob("*")]
        if logs:
            paths += list(run.logs.glob("*"))
        store = CheckpointStore(run.checkpoints)
        named = {name: found for name in _NAMES if (found := store.named(name))}
        checkpoints = (
            store.all() if every_checkpoint else list({each.path: each for each in named.values()}.values())
        )
        content: dict[str, RunFile] = {}
        for checkpoint in checkpoints:
            inner = {
                f"{layout.CHECKPOINTS}/{checkpoint.path.name}/{name}": sum
                for name, sum in checkpoint.files.items()
            }
            content |= {name: RunFile((run.path / name).stat().st_size, sum) for name, sum in inner.items()}
            paths.append(checkpoint.path / layout.MANIFEST)
        for path in paths:
            if path.is_file() and not path.is_symlink() and "__pycache__" not in path.parts:
                content[path.relative_to(run.path).as_posix()] = RunFile.of(path)
        links = {name: each.path.name for name, each in named.items()}
        return cls(str(run.path), Status.of(run).state, content, links)

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> RunFiles:
        """Raises InputError where it is none, or would write outside of the run's folder."""
        try:
            content: dict[str, Any] = parse_json(text, "what the cluster lists")
            files = {
                str(name): RunFile(int(each["size"]), str(each["sha256"]))
                for name, each in content["files"].items()
            }
            links = {str(name): str(target) for name, target in content["links"].items()}
            found = cls(str(content["folder"]), str(content["state"]), files, links)
        except (InputError, ValueError, TypeError, KeyError, AttributeError, OverflowError):
            raise InputError(
                "the cluster lists the run's files in a way that this version does not know"
            ) from None
        if len(files) > _MOST_FILES:
            raise InputError(f"the cluster lists {len(files):,} files of one run, {_MOST_FILES:,} are the most")
        strange = [name for name in files if not _is_within(name)]
        strange += [target for target in links.values() if len(PurePosixPath(target).parts) != 1 or target == ".."]
        strange += [name for name in links if name not in _NAMES]
        strange += [name for name, each in files.items() if each.size < 0]
        if strange:
            raise InputError(f"the cluster names files outside of the run's folder: {strange[0]!r}")
        return found


def _is_within(name: str) -> bool:
    path = PurePosixPath(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts and "\0" not in name
