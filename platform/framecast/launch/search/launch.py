"""From a job with a space to a search that has ended: its folder, its signals, and more of it later."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from framecast.bounded.regular_file import read_text
from framecast.command_line import command
from framecast.errors import InputError, disk_problem, without_credentials
from framecast.files import write_atomically
from framecast.job.document import Document
from framecast.job.readiness import ensure_enough_clips, ensure_ready
from framecast.job.resolve import check_job
from framecast.job.search import Search
from framecast.json_text import to_json
from framecast.launch.environment import environment
from framecast.launch.search.tune import run_search
from framecast.launch.signals import Stopped, stopping_on_signals
from framecast.launch.worker import cause_of, in_a_line
from framecast.plugin.cause import Cause
from framecast.plugin.events import RunFailed, RunInterrupted
from framecast.plugin.path import current_folder
from framecast.registry.plugin_source import PluginSource
from framecast.registry.registry import Registry
from framecast.registry.submissions import note_submission
from framecast.registry.trust import Trust
from framecast.runs.driver import driven_by_another, heartbeat
from framecast.runs.status import Status, in_state
from framecast.runs.stop_request import STOP_COMMAND, StopRequest
from framecast.runs.working_copy import url_of_working_copy
from framecast.search.proposals import proposer
from framecast.search.search_folder import SearchFolder
from framecast.search.search_status import ENDED, SearchStatus


def create_search(
    document: Document, registry: Registry, root: Path, search_id: str | None = None
) -> SearchFolder:
    """A new search folder. Raises InputError where the space has no legal point, or the data are not ready."""
    if url_of_working_copy(root):
        raise InputError("a search needs a folder that all hosts share, not a URL: --runs /a/shared/folder")
    data = {key: value for key, value in document.data.items() if key not in ("extends", "plugins")}
    folder = SearchFolder.create(root, data["name"], search_id)
    try:
        on_cluster = isinstance(data.get("compute"), dict) and data["compute"].get("address")
        plugins = [each.copied_into(folder.plugins) if on_cluster else each for each in registry.loaded]
        folder.write(Document.from_data(data, folder=document.folder), plugins, registry.blocked)
        _note(folder, plugins)
        plan = folder.space(Trust("this job", everything=True)).example()
        ensure_ready(plan)
        ensure_enough_clips(plan)
        write_atomically(folder.job, without_credentials(document.text) or document.to_yaml())
        write_atomically(folder.environment, to_json(environment(), indent=1))
    except InputError:
        folder.remove()
        raise
    except OSError as error:
        folder.remove()
        raise InputError(f"cannot make the search folder {folder.path}: {disk_problem(error) or error}") from None
    return folder


def _note(folder: SearchFolder, plugins: Sequence[PluginSource]) -> None:
    """Notes outside of the folder that this user searches there with these plugins."""
    if problem := note_submission(folder.path, plugins):
        print(f"note: {problem}", file=sys.stderr)


def launch_search(folder: SearchFolder, trust: Trust | None = None) -> SearchStatus:
    """Runs the search until it is done, or stopped by a signal or `platform stop`; returns how it stands.

    A stop lets the trials that are training write checkpoints, with which they continue later. Raises InputError
    where another process runs the search, or the hardware cannot hold a trial. Whatever else goes wrong is a
    RunFailed event, with the traceback in the logs.
    """
    if driven_by_another(folder):
        raise InputError(f"search {folder.id} is running")
    folder.clear_stop()
    try:
        with heartbeat(folder), stopping_on_signals() as signals:
            finished = run_search(folder, signals, trust)
            folder.journal.append(finished or _interrupted(folder, folder.stop_requested() or STOP_COMMAND))
    except InputError:
        if not folder.trials():
            folder.remove()  # nothing has happened in it
        raise
    except Stopped as stop:
        folder.journal.append(_interrupted(folder, stop.request))
    except Exception as error:
        traceback.print_exc()
        folder.journal.append(RunFailed(_trials_ended(folder), in_a_line(error), cause_of(error)))
    finally:
        if folder.path.exists():
            folder.clear_stop()
            _end_trials(folder)
    return SearchStatus.of(folder)


def _end_trials(folder: SearchFolder) -> None:
    """No trial trains any more: those that could not say so are interrupted."""
    for trial in folder.trials():
        trial.run.clear_stop()
        if trial.state in ("running", "interrupted") and not trial.reason:
            reason, cause = "the search was interrupted", Cause.SEARCH_INTERRUPTED
            trial.run.journal.append(RunInterrupted(Status.of(trial.run).step, reason, cause))


def _interrupted(folder: SearchFolder, request: StopRequest) -> RunInterrupted:
    return RunInterrupted(_trials_ended(folder), request.reason, request.cause)


def _trials_ended(folder: SearchFolder) -> int:
    return sum(trial.state in ENDED for trial in folder.trials())


def validate_resumable(folder: SearchFolder, trust: Trust | None = None) -> None:
    """Raises InputError where the search runs already, nothing of it is left to do, or its plugins may not be
    imported."""
    status = SearchStatus.of(folder)
    if status.state in ("running", "starting") and driven_by_another(folder):
        raise InputError(f"search {folder.id} {in_state(status.state)}: nothing to resume")
    if status.state == "finished":
        more = command("extend", folder.id, "--trials", 10)
        raise InputError(f"search {folder.id} is finished ({status.reason}); give it more to do: {more}")
    folder.read(trust)


def extend(folder: SearchFolder, more: int, overrides: list[str], trust: Trust | None = None) -> None:
    """Adds trials to a search, and lays `overrides` (search.parameters..., key=value) over it.

    `trust` lets plugins be imported that the folder names.

    Finished trials stay as they are, and the searcher learns from them. Raises InputError where what changes is
    not the search itself, since old and new trials would not compare.
    """
    document, registry = folder.read(trust)
    strange = [text for text in overrides if not text.startswith("search.")]
    if strange:
        raise InputError(f"{strange[0]}: a search is extended in search.* only, or its trials would not compare")
    search: dict[str, Any] = document.data["search"]
    search["trials"] = (
        max(search.get("trials", Search.model_fields["trials"].default), len(folder.trials())) + more
    )
    document.override(overrides)
    _take_paths_from(current_folder(), folder, document, registry)
    before = read_text(folder.path / folder.marker)
    folder.write(document, registry.loaded, registry.blocked)
    _note(folder, registry.loaded)
    try:
        space = folder.space(trust)
        space.example()
        if more and proposer(space).propose(folder.trials()) is None:
            raise InputError(
                f"all points of the space of search {folder.id} are tried: widen it as well, such as with "
                f"'search.parameters.{next(iter(space.search.parameters))}=...'"
            )
    except (InputError, ValueError):
        write_atomically(folder.path / folder.marker, before)
        raise


def _take_paths_from(start: str, folder: SearchFolder, document: Document, registry: Registry) -> None:
    """Makes the paths absolute that overrides list as values of parameters: they start from the folder of this
    command, and the others of the job from that of another one."""
    changed = {key[2:] for key in document.places if key[:2] == ("search", "parameters")}
    trials = folder.trials()
    point = trials[0].point if trials else {}
    own = document.with_values({"search": None, **point}).data
    example = Document.from_data({key: value for key, value in own.items() if value is not None}, folder=start)

    def absolute(value: Any, key: str) -> Any:
        if isinstance(value, list):
            return [absolute(each, key) for each in value]
        if not isinstance(value, str):
            return value
        try:
            job = check_job(example.with_values({key: value}), registry).to_dict()["job"]
        except InputError:  # handled: the search is refused for it, with the reason, when its space is made
            return value
        resolved = Document.from_data(job).get(key)
        return resolved if isinstance(resolved, str) else value

    for name, parameter in document.data["search"].get("parameters", {}).items():
        if isinstance(parameter, dict) and any(not key or key[0] == name for key in changed):
            parameter.update({kind: absolute(parameter[kind], name) for kind in _LISTS if kind in parameter})


_LISTS = ("choice", "grid")
"""Kinds of parameters that list their values."""
