"""How text names a run, a search or a trial: one rule for every command, and for `framecast.load`.

demo                     a job: its newest run or search
20261128-101530-a1b2     an id, or the beginning of one that is unique
runs/demo/2026...        a path
SEARCH#best, SEARCH#3    a trial of a search, where SEARCH is any of the above
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from framecast.command_line import command
from framecast.counting import plural
from framecast.errors import InputError, did_you_mean
from framecast.runs import layout
from framecast.runs.folder import Folder, closed_folders, named
from framecast.runs.job_folder import JobFolder
from framecast.runs.remote_run import RemoteRun
from framecast.runs.run_folder import RunFolder
from framecast.search.results import Results
from framecast.search.search_folder import SearchFolder

_FEW = 12
"""Up to so many known names a misspelt one is compared with them."""


@dataclass(frozen=True)
class Named:
    """What a text names: a RunFolder (also that of a trial), a SearchFolder or a RemoteRun. `trial` is what stands
    after the # of a remote search, whose trials only its cluster knows."""

    folder: Folder
    trial: str = ""

    @property
    def remote(self) -> RemoteRun | None:
        return self.folder if isinstance(self.folder, RemoteRun) else None

    @property
    def job_folder(self) -> JobFolder:
        """The run or search on this machine. Raises InputError where it is on a cluster."""
        if isinstance(self.folder, JobFolder):
            return self.folder
        raise _on_cluster(self)

    @property
    def search(self) -> SearchFolder | None:
        return self.folder if isinstance(self.folder, SearchFolder) else None

    @property
    def text(self) -> str:
        """The name by which every command finds it again."""
        return f"{self.folder.id}#{self.trial}" if self.trial else self.folder.id


def _on_cluster(found: Named) -> InputError:
    assert found.remote is not None, "it is neither a run nor a search of this machine"
    where = found.remote.location.address
    return InputError(f"run {found.text} is on {where}: bring it here with: {command('fetch', found.text)}")


def find(text: str, root: Path) -> Named:
    """What `text` names among the runs below `root`, or at a path.

    Raises InputError where it names nothing, more than one thing, or a trial that is not there.
    """
    found = find_if_known(text, root)
    if found is None:
        name = text.partition("#")[0]
        folders = all_folders(root)
        known = {folder.name for folder in folders} | {folder.id for folder in folders}
        hint = did_you_mean(name, known) if len(known) <= _FEW else ""
        if closed := closed_folders(root):
            hint += f"; {plural(len(closed), 'folder')} there may not be read by this user, such as {closed[0]}"
        raise InputError(f"no run {name!r} in {root}{hint}; `platform list` shows all runs")
    return found


def find_if_known(text: str, root: Path) -> Named | None:
    """As `find`, but None where `text` names nothing that is known here."""
    if (folder := _at_path(Path(text))) is not None:
        return Named(folder)
    name, mark, trial = text.partition("#")
    folder = _at_path(Path(name)) or named(name, all_folders(root))
    if folder is None:
        return None
    if not mark:
        return Named(folder)
    if isinstance(folder, RemoteRun):
        return Named(folder, trial or "best")
    if not isinstance(folder, SearchFolder):
        raise InputError(f"{folder.id} is a run, not a search: it has no trial {trial!r}")
    return Named(Results.of(folder).numbered(trial or "best").run)


def find_run(text: str, root: Path) -> RunFolder:
    """The run on this machine that `text` names; of one on a cluster, the copy that `platform fetch` brought.

    Raises InputError where it is a search, or there is no copy yet.
    """
    found = find(text, root)
    if found.search:
        name = found.folder.id
        raise InputError(f"{name} is a search: name one of its trials, such as '{name}#best' or '{name}#1'")
    if isinstance(found.folder, RunFolder):
        return found.folder
    copy = found.remote.copy(found.trial) if found.remote else None
    if copy is None:
        raise _on_cluster(found)
    return copy


def find_search(text: str, root: Path) -> SearchFolder:
    """The search on this machine that `text` names. Raises InputError where it names something else."""
    found = find(text, root)
    if found.remote:
        where, show = found.remote.location.address, command("results", found.folder.id, "--job", "best")
        raise InputError(f"{found.folder.id} is on {where}; the job of its best trial comes from there: {show}")
    if found.search is None:
        raise InputError(f"{found.text} is a run, not a search: `{command('status', found.text)}` shows it")
    return found.search


def is_trial(run: RunFolder) -> bool:
    """Whether a run is a trial of a search."""
    return run.trial.is_file()


def title_of(run: RunFolder) -> str:
    """The job and the id by which a run is known; of a trial those of its search, and its number."""
    if not is_trial(run):
        return f"{run.name} {run.id}"
    search = run.path.parent.parent
    return f"{search.parent.name} {search.name}#{layout.trial_number(run.id)}"


def all_folders(root: Path) -> list[Folder]:
    """Every run and search that is known here, wherever it runs, the newest first."""
    remote = RemoteRun.all(root)
    elsewhere = {run.path for run in remote}  # with a copy of their run, or without
    here = [run for run in RunFolder.all(root) if run.path not in elsewhere]
    return sorted([*here, *remote, *SearchFolder.all(root)], key=lambda run: run.id, reverse=True)


def _at_path(path: Path) -> Folder | None:
    kinds: tuple[type[Folder], ...] = (RemoteRun, SearchFolder, RunFolder)
    return next((kind(path.resolve()) for kind in kinds if (path / kind.marker).is_file()), None)
