"""A run on a cluster as it is remembered here: which cluster, and which of its jobs."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from framecast.json_text import to_json
from framecast.runs.folder import RunFolder, write_atomically


@dataclass(frozen=True)
class Whereabouts:
    """`address` as the user gave it; `job` is Ray's name for the latest attempt; `runs` as in Cluster;
    `variables` are the names of environment variables that go along."""

    address: str
    job: str
    runs: str | None
    ship_package: bool = False
    variables: list[str] = field(default_factory=list)


class RemoteRun(RunFolder):
    """The local folder of a run that is elsewhere: it holds its whereabouts and nothing else."""

    marker = "remote.json"

    @property
    def whereabouts(self) -> Whereabouts:
        fields: dict[str, Any] = json.loads((self.path / self.marker).read_text())
        return Whereabouts(**fields)

    def note(self, whereabouts: Whereabouts) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        write_atomically(self.path / self.marker, to_json(asdict(whereabouts), indent=1))

    @classmethod
    def at(cls, root: Path, name: str, run_id: str) -> RemoteRun:
        return cls(root / name / run_id)
