"""From a job with a space to a search that has ended: its folder, its signals, and more of it later."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from framecast.errors import InputError
from framecast.job.document import Document
from framecast.job.readiness import refuse_unready
from framecast.job.search import Search
from framecast.json_text import to_json
from framecast.launch.environment import environment
from framecast.launch.search.tune import run_search
from framecast.registry.registry import Registry
from framecast.runs.events import RunInterrupted
from framecast.runs.folder import write_atomically
from framecast.runs.status import Status, driven_by_another
from framecast.search.search_folder import SearchFolder


def create_search(
    document: Document, registry: Registry, root: Path, search_id: str | None = None
) -> SearchFolder:
    """A new search folder. Raises InputError where the space has no legal point, or the data are not ready."""
    if (root / ".url").exists():
        raise InputError("a search needs a folder that all hosts share, not a URL: --runs /a/shared/folder")
    data = {key: value for key, value in document.data.items() if key not in ("extends", "plugins")}
    folder = SearchFolder.create(root, data["name"], search_id)
    try:
        on_cluster = isinstance(data.get("compute"), dict) and data["compute"].get("address")
        plugins = [each.copied_into(folder.plugins) if on_cluster else each for each in registry.sound]
        folder.write(Document.from_data(data, folder=document.folder), plugins)
        plan = folder.space().example()
        refuse_unready(plan)
    except InputError:
        folder.remove()
        raise
    write_atomically(folder.job, document.text or document.to_yaml())
    write_atomically(folder.environment, to_json(environment(), indent=1))
    return folder


def launch_search(folder: SearchFolder) -> None:
    """Runs the search until it is done or interrupted; trials that were under way then can go on later.

    Raises InputError where another process runs it.
    """
    if driven_by_another(folder):
        raise InputError(f"search {folder.id} is running")
    try:
        run_search(folder)
    finally:
        for trial in folder.trials():
            if trial.state in ("running", "interrupted") and not trial.reason:
                trial.run.journal.append(RunInterrupted(Status.of(trial.run).step, "the search was interrupted"))


def extend(folder: SearchFolder, more: int, overrides: list[str]) -> None:
    """Adds trials to a search, and lays `overrides` (search.parameters..., key=value) over it.

    Finished trials stay as they are, and the searcher learns from them. Raises InputError where what changes is
    not the search itself, since old and new trials would not compare.
    """
    document, registry = folder.read()
    strange = [text for text in overrides if not text.startswith("search.")]
    if strange:
        raise InputError(f"{strange[0]}: a search is extended in search.* only, or its trials would not compare")
    search: dict[str, Any] = document.data["search"]
    search["trials"] = (
        max(search.get("trials", Search.model_fields["trials"].default), len(folder.trials())) + more
    )
    document.override(overrides)
    before = (folder.path / folder.marker).read_text()
    folder.write(document, registry.sound)
    try:
        folder.space().example()
    except (InputError, ValueError):
        write_atomically(folder.path / folder.marker, before)
        raise
