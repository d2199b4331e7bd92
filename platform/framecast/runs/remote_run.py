"""A run on a cluster as it is remembered here: which cluster, which of its jobs, and what was last known of it."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from framecast.bounded import read_json_object
from framecast.bounded.json_file import read_json
from framecast.errors import InputError
from framecast.files import make_folder, write_atomically
from framecast.json_text import to_json
from framecast.plain_text import plain
from framecast.runs import layout
from framecast.runs.folder import Folder
from framecast.runs.run_folder import RunFolder

_JOB = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
ENDED = ("finished", "interrupted", "failed", "died")
"""States in which a job prints and writes no more."""


@dataclass(frozen=True)
class RemoteLocation:
    """`address` as the user gave it; `job` is Ray's name for the latest attempt, `earlier` for those before it;
    `runs` as in Cluster; `variables` are the names of environment variables that go along."""

    address: str
    job: str
    runs: str | None
    ship_package: bool = False
    variables: list[str] = field(default_factory=list)
    earlier: list[str] = field(default_factory=list)

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> RemoteLocation:
        """The inverse of `asdict`. Raises ValueError or TypeError for anything else."""
        found = cls(**fields)
        if not isinstance(found.variables, list) or not isinstance(found.earlier, list):
            raise ValueError("a list is missing")
        texts = [found.address, found.job, *found.variables, *found.earlier, found.runs or ""]
        if not all(isinstance(text, str) for text in texts) or not isinstance(found.ship_package, bool):
            raise ValueError("a value has the wrong type")
        for place in (found.address, found.runs or ""):
            if not place.isprintable():  # a line end in it would add a line to what is shown
                raise ValueError(f"{place[:80]!r} is no address")
        for name in (found.job, *found.earlier):
            if not _JOB.fullmatch(name):
                raise ValueError(f"{name[:80]!r} is no name of a job")
        return found


class RemoteRun(Folder):
    """The local folder of a run on a cluster: where it is, how it stood when the cluster was last asked, and, once
    it was fetched, a copy of the run itself."""

    marker = layout.REMOTE

    @property
    def location(self) -> RemoteLocation:
        """Raises InputError where the file does not hold it."""
        file = self.path / self.marker
        try:
            return RemoteLocation.from_dict(read_json_object(file))
        except FileNotFoundError:
            raise InputError(f"{file}: no such file, so it is not known where the run is") from None
        except (ValueError, TypeError) as error:
            raise InputError(f"{file} does not say where the run is: {plain(str(error))}") from None

    def note(self, location: RemoteLocation) -> None:
        make_folder(self.path)
        write_atomically(self.path / self.marker, to_json(asdict(location), indent=1))

    @classmethod
    def at(cls, root: Path, name: str, run_id: str) -> RemoteRun:
        return cls(root / name / run_id)

    def remember(self, state: str) -> None:
        """Notes how the run ended, for times when the cluster is gone; a state that will change is not noted."""
        if state in ENDED and self.last_known != state:
            known = {"job": self.location.job, "state": state}
            write_atomically(self.path / layout.LAST_KNOWN, to_json(known, indent=1))

    @property
    def last_known(self) -> str | None:
        """How its latest attempt ended; None where that is not known here."""
        known = _read(self.path / layout.LAST_KNOWN)
        return known.get("state") if known.get("job") == self.location.job else None

    def note_copy(self, trial: str, folder: str, state: str) -> None:
        """Notes that a copy of the run, or of a `trial` of the search, is in `folder` below this one."""
        copies = _read(self.path / layout.COPIES)
        copies[trial] = {"folder": folder, "state": state, "job": self.location.job}
        write_atomically(self.path / layout.COPIES, json.dumps(copies, indent=1))

    def copy(self, trial: str = "") -> RunFolder | None:
        """The copy that `platform fetch` brought of the run, or of a `trial` of the search; None before that."""
        noted = _read(self.path / layout.COPIES).get(trial, {})
        folder = PurePosixPath(noted.get("folder", ".."))
        if folder.is_absolute() or ".." in folder.parts:
            return None
        run = RunFolder(self.path / folder)
        return run if run.plan.is_file() else None

    def copy_is_final(self, trial: str = "") -> bool:
        """Whether the copy was made of a run that had ended, and has not been resumed since."""
        noted = _read(self.path / layout.COPIES).get(trial, {})
        return noted.get("state") in ENDED and noted.get("job") == self.location.job


def is_copy(run: RunFolder) -> bool:
    """Whether a run's folder is a copy of one that was trained on a cluster."""
    folders = (run.path, *run.path.parents[:2])  # that of a trial is two levels below its search's
    return any((folder / RemoteRun.marker).is_file() for folder in folders)


def _read(file: Path) -> dict[str, Any]:
    try:
        content = read_json(file)
    except (OSError, InputError):  # handled: nothing readable is remembered; the cluster is asked
        return {}
    return content if isinstance(content, dict) else {}
