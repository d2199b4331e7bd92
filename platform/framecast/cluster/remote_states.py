"""How runs on clusters stand: one answer for `list` and `status`, also when a cluster is gone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from framecast.bounded.json_file import parse_json
from framecast.cluster.job_server import LOST
from framecast.cluster.profiles import cluster_at, is_users_own
from framecast.cluster.send import answer, server_of
from framecast.errors import InputError
from framecast.runs.remote_run import RemoteLocation, RemoteRun
from framecast.runs.roots import is_url
from framecast.runs.run_folder import RunFolder
from framecast.search.search_folder import SearchFolder
from framecast.search.status_of import status_of

UNREACHABLE, UNCONFIRMED = "unreachable", "unconfirmed"
_REFUSED = 2  # the exit code of a command that changed nothing
_Jobs = dict[str, tuple[str, int | None]]


def remote_states(runs: Sequence[RemoteRun]) -> dict[Path, str]:
    """The state of each run by its folder here; each cluster is asked once.

    The run's own folder is the truth, where a disk shared with the cluster shows it. Else it is the job on the
    cluster; else what was known last; else what the cluster finds in its folder of runs. `lost` is a run of which
    nothing is known any more, `unreachable` one whose cluster does not answer. A cluster that only the folder
    of the run names is not asked: `unconfirmed`.
    """
    jobs: dict[str, _Jobs | None] = {}
    listed: dict[tuple[str, str | None], dict[str, str]] = {}
    found = {}
    for run in runs:
        where = run.location
        if (shared := folder_on_shared_disk(run)) is not None:
            state = status_of(shared).state
        elif not _may_be_asked(where):
            state = run.last_known or UNCONFIRMED
        else:
            if where.address not in jobs:
                jobs[where.address] = _jobs_of(where)
            known = jobs[where.address]
            state = LOST if known is None else _of_job(where, known)
            if state == LOST:
                state = run.last_known or (UNREACHABLE if known is None else LOST)
            if state == LOST:
                place = (where.address, where.runs)
                if place not in listed:
                    listed[place] = _listed_there(where)
                state = listed[place].get(run.id, LOST)
        with suppress(OSError):  # handled: a folder of another user; the cluster is asked again next time
            run.remember(state)
        found[run.path] = state
    return found


def folder_on_shared_disk(run: RemoteRun) -> RunFolder | SearchFolder | None:
    """The folder of the run itself, where a disk that this machine shares with the cluster shows it."""
    where = run.location
    try:
        cluster = cluster_at(where.address)
    except InputError:  # handled: its name is no longer in the list of clusters; the row says unreachable
        cluster = None
    place = where.runs or (cluster.runs if cluster else None)
    if place is None or is_url(place) or place.startswith("~"):  # the home folder of another user there
        return None
    path = Path(place) / run.name / run.id
    kinds: tuple[type[RunFolder | SearchFolder], ...] = (SearchFolder, RunFolder)
    found = (kind(path) for kind in kinds if path != run.path and (path / kind.marker).is_file())
    return next(found, None)


def _may_be_asked(where: RemoteLocation) -> bool:
    """Whether the user has named the cluster; a name that is in no list is no address."""
    try:
        return not is_url(where.address) or is_users_own(where.address)
    except InputError:  # handled: a broken list of clusters, which commands on one run report; none is asked
        return False


def _jobs_of(where: RemoteLocation) -> _Jobs | None:
    """Every job of a cluster; None where it does not answer."""
    try:
        return server_of(where).jobs()
    except InputError:  # handled: the row says unreachable, or what was known last
        return None


def _of_job(where: RemoteLocation, jobs: _Jobs) -> str:
    """The state of its latest job that did something: a resume that was refused changed nothing."""
    names: Iterable[str] = [where.job, *reversed(where.earlier)]
    for name in names:
        state, code = jobs.get(name, (LOST, None))
        if not (name.startswith("resume-") and code == _REFUSED):
            return state
    return LOST


def _listed_there(where: RemoteLocation) -> dict[str, str]:
    """The states that the cluster finds in its own folder of runs, by id."""
    try:
        rows = parse_json(answer(where, ["list", "--json"]), "what the cluster lists")
        return {str(row["run"]): str(row["state"]) for row in rows}
    except (InputError, KeyError, TypeError):
        # handled: another version there, or gone meanwhile; nothing is known, as the row says
        return {}
