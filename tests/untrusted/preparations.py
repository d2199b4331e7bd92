"""`data prepare` on a folder, also as a user who may not read everything."""

from __future__ import annotations

import ctypes
import json
import os
import struct
from dataclasses import dataclass
from pathlib import Path

_DROP_FROM_BOUNDS, _READ_ANYTHING = 24, (1, 2)
"""prctl's PR_CAPBSET_DROP; CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH, which the processes it starts lose too."""
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
            _drop_capabilities()
        part = data_part(self.name, [f"root={root}", f"size={_SIZE}"], [])
        found = part.declaration.prepare(part.settings, lambda done, total: None)
        absent = ("not there", "missing in the official set too")
        return json.dumps([[source, why] for source, why in found.skipped if why not in absent])


def _drop_capabilities() -> None:
    """Root may read everything, and gives that up for the rest of the process."""
    if os.getuid():
        return
    system = ctypes.CDLL(None, use_errno=True)
    head = struct.pack("=Ii", 0x20080522, 0)
    capabilities = ctypes.create_string_buffer(24)
    assert not system.capget(head, capabilities)
    words = list(struct.unpack("=6I", capabilities.raw))
    for each in _READ_ANYTHING:
        assert not system.prctl(_DROP_FROM_BOUNDS, each, 0, 0, 0)
        words[:3] = [word & ~(1 << each) for word in words[:3]]
    assert not system.capset(head, struct.pack("=6I", *words))
