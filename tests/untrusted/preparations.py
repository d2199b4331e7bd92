"""`data prepare` on a folder, also as a user who may not read everything."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from tests.untrusted.commands import drop_capabilities

_SIZE = 16


@dataclass(frozen=True)
class Preparation:
    """Prepares the data set of this name with a folder. `read` returns what was left out, as JSON."""

    name: str
    as_other_user: bool = False

    @property
    def changes_its_process(self) -> bool:
        return self.as_other_user

    def read(self, root: Path) -> str:
        from framecast.job.data_section import data_part

        if self.as_other_user:
            drop_capabilities()
        part = data_part(self.name, [f"root={root}", f"size={_SIZE}"], [])
        found = part.declaration.prepare(part.settings, lambda done, total: None)
        absent = ("not there", "missing in the official set too")
        return json.dumps([[source, why] for source, why in found.skipped if why not in absent])
