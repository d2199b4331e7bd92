"""The files of a run that another machine needs: to evaluate it, to predict with it, to read its report."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from framecast.bounded.json_file import parse_json
from framecast.bounded.regular_file import open_regular
from framecast.errors import InputError
from framecast.runs import layout
from framecast.runs.checkpoints import CheckpointStore
from framecast.runs.run_folder import RunFolder
from framecast.runs.status import Status

PIECE = 192 << 10
"""Bytes in one line of `encode`."""
MOST_IN_A_JOB = 256 << 20
"""Bytes that one job sends: Ray keeps what a job prints, a third longer, on the head's disk."""
_MOST_FILES = 100_000
LINE = "framecast-file"
"""How each line that carries a piece of a file begins."""

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
                content[path.relative_to(run.path).as_posix()] = _measured(path)
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

    @property
    def bytes(self) -> int:
        return sum(each.size for each in self.files.values())


def encode(folder: Path, wanted: list[tuple[str, int, int]]) -> Iterator[str]:
    """Lines that carry what each file holds from an offset up to a size: `wanted` is (name, offset, size)."""
    left = MOST_IN_A_JOB
    for number, (name, offset, size) in enumerate(wanted):
        with open_regular(folder / name) as stream:
            stream.seek(offset)
            while left > 0 and offset < size and (piece := stream.read(min(PIECE, size - offset))):
                yield f"{LINE} {number} {offset} {zlib.crc32(piece):08x} {base64.b64encode(piece).decode()}"
                offset += len(piece)
                left -= len(piece)


def decode(line: str) -> tuple[int, int, bytes] | None:
    """(number, offset, content) of such a line; None for anything else that was printed, or a damaged line."""
    words = line.split()
    if len(words) != 5 or words[0] != LINE:
        return None
    try:
        content = base64.b64decode(words[4], validate=True)
        number, offset, checksum = int(words[1]), int(words[2]), int(words[3], 16)
    except ValueError:  # handled: no line of a file; the caller passes it over or reports it
        return None
    return (number, offset, content) if zlib.crc32(content) == checksum else None


def _measured(path: Path) -> RunFile:
    """A file may grow meanwhile: what counts is what it holds now."""
    digest, size = hashlib.sha256(), path.stat().st_size
    with open_regular(path) as stream:
        left = size
        while left and (piece := stream.read(min(left, 1 << 20))):
            digest.update(piece)
            left -= len(piece)
    return RunFile(size - left, digest.hexdigest())


def _is_within(name: str) -> bool:
    path = PurePosixPath(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts and "\0" not in name
