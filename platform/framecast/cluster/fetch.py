"""Brings a run that was trained on a cluster to this machine.

By the shortest way that there is: from a disk that both see; from the URL where the cluster keeps its runs;
else through the cluster's job server, as text that a job prints. All of it has arrived, with the right
checksums, before any of it is put in its place; what has arrived is kept when the connection breaks.
"""

from __future__ import annotations

import json
import shlex
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from framecast.cluster.file_lines import LineReceiver, Missing
from framecast.cluster.profiles import list_of_clusters, runs_are_users_own, url_of_runs
from framecast.cluster.ray_job_client import ClusterSilentError
from framecast.cluster.remote_states import folder_on_shared_disk
from framecast.cluster.run_files import RunFiles
from framecast.cluster.send import answer, send_command, server_of
from framecast.cluster.staged_files import LAST, StagedFiles
from framecast.counting import plural
from framecast.errors import InputError, without_credentials
from framecast.plain_text import plain
from framecast.runs import layout
from framecast.runs.mirror import Mirror
from framecast.runs.remote_run import RemoteRun
from framecast.runs.run_folder import RunFolder
from framecast.runs.status import Status
from framecast.runs.url_folder import url_below
from framecast.search.find import find_run

WANTED = "fetch.json"
_STAGING = ".fetching"
_STAY = (layout.DRIVER, layout.LEASE)
"""Files that belong to the process that trains."""
Progress = Callable[[int, int], None]
"""Called with the bytes that are here, and all there are."""


def fetch(
    remote: RemoteRun,
    trial: str = "",
    every_checkpoint: bool = False,
    logs: bool = False,
    say: Callable[[str], None] = lambda text: None,
    progress: Progress = lambda done, total: None,
) -> RunFolder:
    """Brings the run, or a `trial` of the search, into the folder that remembers it; returns the copy.

    `say` receives the way that it takes. Raises InputError, with what to do by hand, where no way works.
    """
    name = f"{remote.id}#{trial}" if trial else remote.id
    if (url := _url_of(remote)) and not trial:
        say(f"fetching run {name} from {url.partition('?')[0]}")
        return _fetch_from_url(remote, url, logs)
    listed = _list(remote, name, trial, every_checkpoint, logs)
    folder = "." if not trial else f"{layout.TRIALS}/{Path(listed.folder).name}"
    copy = RunFolder(remote.path / folder)
    absent = {file: each for file, each in listed.files.items() if not each.is_same(copy.path / file)}
    staged = StagedFiles(copy.path / _STAGING, remote.path, absent)
    _validate_room(remote, staged.size)
    # the folder that the cluster speaks of is on a disk of this machine too where it has the same plan
    is_here = LAST in listed.files and listed.files[LAST].is_same(Path(listed.folder) / LAST)
    way = "a disk that both see" if is_here else f"the job server at {remote.location.address}"
    say(f"fetching run {name}: {plural(len(absent), 'file')}, {staged.size / 1e6:.1f} MB, by {way}")
    if is_here:
        staged.copy_from(Path(listed.folder))
    else:
        _receive_all(remote, name, listed.folder, staged, progress)
    if damaged := staged.discard_damaged():
        raise InputError(f"{', '.join(damaged[:3])} of run {name} changed or broke on the way: fetch it again")
    staged.put_in_place(copy, listed.links)
    remote.note_copy(trial, folder, listed.state)
    if not trial:
        remote.remember(listed.state)
    return copy


def _url_of(remote: RemoteRun) -> str | None:
    """The URL below which the cluster keeps its runs; None where it keeps them on a disk. Raises InputError where
    the user has not named it."""
    url = url_of_runs(remote.location)
    if url and not runs_are_users_own(url):
        raise InputError(
            f"only the folder of this run says that its files are at {without_credentials(plain(url))}: nothing "
            f"is asked there. If that is yours, name it as runs in {list_of_clusters()}, or in FRAMECAST_RUNS"
        )
    return url


def _fetch_from_url(remote: RemoteRun, url: str, logs: bool) -> RunFolder:
    """All that is there but what belongs to the driver; the plan comes last."""
    mirror = Mirror(remote.path, url_below(url, remote.name, remote.id))

    def stays(name: str) -> bool:
        return name in _STAY or (name.startswith(f"{layout.LOGS}/") and not logs)

    mirror.pull(checkpoints=True, owned=lambda name: stays(name) or name == LAST)
    mirror.pull(owned=stays)
    copy = RunFolder(remote.path)
    if not copy.plan.is_file():
        place = url.partition("?")[0]
        raise InputError(f"there is no run {remote.id} at {place}: it has not begun, or was removed")
    remote.note_copy("", ".", Status.of(copy).state)
    return copy


def _list(remote: RemoteRun, name: str, trial: str, every_checkpoint: bool, logs: bool) -> RunFiles:
    """What there is to bring, from a shared disk or as the cluster says."""
    shared = folder_on_shared_disk(remote)
    if shared is not None:
        source = find_run(f"{shared.path}#{trial}" if trial else str(shared.path), shared.root)
        return RunFiles.of(source, every_checkpoint, logs)
    options = [*(["--all"] if every_checkpoint else []), *(["--logs"] if logs else [])]
    output = answer(remote.location, ["fetch", name, "--list", *options])
    lines = [line for line in output.splitlines() if line.startswith("{")]
    return RunFiles.from_json(lines[-1] if lines else "")


def _validate_room(remote: RemoteRun, size: int) -> None:
    free = shutil.disk_usage(remote.path).free
    if size > free:
        raise InputError(
            f"{size / 1e6:,.0f} MB are to be fetched, {remote.path} has room for {free / 1e6:,.0f} MB"
        )


def _receive_all(remote: RemoteRun, name: str, folder: str, staged: StagedFiles, progress: Progress) -> None:
    """Through jobs that print the files, each with what is still missing, until all are here."""
    by_hand = _by_hand(remote, folder)
    staged.discard_outdated()
    while missing := staged.missing():
        here = staged.size - sum(size - offset for _, offset, size in missing)
        receiver = LineReceiver(staged.folder, staged.top, missing, partial(_report, progress, here, staged.size))
        reason = "the cluster sent nothing"
        try:
            _receive(remote, name, missing, receiver, by_hand)
        except ClusterSilentError as error:
            reason = str(error)
        if not receiver.received:
            raise InputError(f"{reason}; {by_hand}")


def _report(progress: Progress, here: int, total: int, received: int) -> None:
    progress(here + received, total)


def _receive(remote: RemoteRun, name: str, missing: list[Missing], receiver: LineReceiver, by_hand: str) -> None:
    where = remote.location
    job = send_command(where, ["fetch", name, "--send", WANTED], {WANTED: json.dumps(missing)})
    server = server_of(where)
    code = server.follow(job, receiver)
    server.forget(job)
    if code:
        raise InputError(f"the cluster could not send {name}: {receiver.last_words}; {by_hand}")


def _by_hand(remote: RemoteRun, folder: str) -> str:
    """The command that does it without Ray."""
    host = urlsplit(remote.location.address).hostname or "HEAD"
    source, target = shlex.quote(f"{host}:{folder}/"), shlex.quote(f"{remote.path}/")
    return (
        f"what came is kept; fetch it again, or copy it by hand: rsync -a --exclude=driver.json {source} {target}"
    )
