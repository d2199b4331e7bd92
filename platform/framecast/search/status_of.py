"""How a run or a search stands, whichever it is."""

from __future__ import annotations

from framecast.errors import InputError
from framecast.runs.folder import Folder
from framecast.runs.run_folder import RunFolder
from framecast.runs.status import Status
from framecast.search.search_folder import SearchFolder
from framecast.search.search_status import SearchStatus

UNDERWAY = ("starting", "running")
"""The states in which a process works on it."""


def status_of(folder: Folder) -> Status | SearchStatus:
    """Raises InputError where it is on a cluster: only that knows."""
    if isinstance(folder, SearchFolder):
        return SearchStatus.of(folder)
    if isinstance(folder, RunFolder):
        return Status.of(folder)
    raise InputError(f"{folder.path} is the folder of a run on a cluster")
