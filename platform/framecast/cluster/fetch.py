"""Brings a run that was trained on a cluster to this machine.

By the shortest way that there is: from a disk that both see; from the URL where the cluster keeps its runs;
else through the cluster's job server, as text that a job prints. All of it has arrived, with the right
checksums, before any of it is put in its place; what has arrived is kept when the connection breaks.
"""

from __future__ import annotations

import contextlib
import json
import shlex
import shutil
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from framecast.bounded.limit import LINE_BYTES, bytes_text
from framecast.cluster.job_server import ClusterSilentError
from framecast.cluster.profiles import cluster_at, list_of_clusters, runs_are_users_own
from framecast.cluster.remote_states import folder_on_shared_disk
from framecast.cluster.run_files import LINE, RunFile, RunFiles, decode
from framecast.cluster.send import answer, send_command, server_of
from framecast.counting import plural
from framecast.errors import InputError, without_credentials
from framecast.files import (
    atomic_stream,
    has_checksum,
    make_folder,
    make_link,
    move,
    open_to_append,
    remove_file,
    remove_tree,
)
from framecast.plain_text import plain
from framecast.runs import layout
from framecast.runs.mirror import Mirror
from framecast.runs.remote_run import RemoteRun
from framecast.runs.run_folder import RunFolder
from framecast.runs.status import Status
from framecast.search.find import find_run

WANTED = "fetch.json"
_STAGING = ".fetching"
_LAST = layout.PLAN
"""The file that makes a folder a run: it is put in its place when all others are."""
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

    `say` is told which way it takes. Raises InputError, with what to do by hand, where no way works.
    """
    where = remote.location
    name = f"run {remote.id}{f'#{trial}' if trial else ''}"
    if (url := _url_of(remote)) and not trial:
        say(f"fetching {name} from {url.partition('?')[0]}")
        return _fetch_from_url(remote, url, logs)
    shared = folder_on_shared_disk(remote)
    if shared is not None:
        source = find_run(f"{shared.path}#{trial}" if trial else str(shared.path), shared.root)
        listed = RunFiles.of(source, every_checkpoint, logs)
    else:
        options = [*(["--all"] if every_checkpoint else []), *(["--logs"] if logs else [])]
        told = answer(where, ["fetch", f"{remote.id}#{trial}" if trial else remote.id, "--list", *options])
        lines = [line for line in told.splitlines() if line.startswith("{")]
        listed = RunFiles.from_json(lines[-1] if lines else "")
    folder = "." if not trial else f"{layout.TRIALS}/{Path(listed.folder).name}"
    copy = RunFolder(remote.path / folder)
    staging = copy.path / _STAGING
    missing = {file: each for file, each in listed.files.items() if not _is_same(copy.path / file, each)}
    _validate_room(remote, size := sum(each.size for each in missing.values()))
    is_here = _is_here(listed)
    way = "a disk that both see" if is_here else f"the job server at {where.address}"
    say(f"fetching {name}: {plural(len(missing), 'file')}, {size / 1e6:.1f} MB, by {way}")
    if is_here:
        _copy(Path(listed.folder), staging, remote.path, missing)
    else:
        _stream(remote, trial, listed, list(missing), staging, progress)
    damaged = [file for file, each in missing.items() if not _is_same(staging / file, each)]
    for file in damaged:
        remove_file(staging / file, remote.path)
    if damaged:
        raise InputError(f"{', '.join(damaged[:3])} of {name} changed or broke on the way: fetch it again")
    _put_in_place(staging, copy, remote.path, missing, listed.links)
    remote.note_copy(trial, folder, listed.state)
    if not trial:
        remote.remember(listed.state)
    return copy


def _fetch_from_url(remote: RemoteRun, url: str, logs: bool) -> RunFolder:
    """All that is there but what belongs to the driver; the plan comes last."""
    base, _, query = url.partition("?")
    mirror = Mirror(remote.path, f"{base}/{remote.name}/{remote.id}" + (f"?{query}" if query else ""))

    def stays(name: str) -> bool:
        return name in _STAY or (name.startswith(f"{layout.LOGS}/") and not logs)

    mirror.pull(checkpoints=True, owned=lambda name: stays(name) or name == _LAST)
    mirror.pull(owned=stays)
    copy = RunFolder(remote.path)
    if not copy.plan.is_file():
        raise InputError(f"there is no run {remote.id} at {base}: it has not begun, or was removed")
    remote.note_copy("", ".", Status.of(copy).state)
    return copy


def _url_of(remote: RemoteRun) -> str | None:
    """The URL below which the cluster keeps its runs; None where it keeps them on a disk."""
    where = remote.location
    cluster = cluster_at(where.address)
    place = where.runs or (cluster.runs if cluster else None)
    if not place or "://" not in place:
        return None
    if not runs_are_users_own(place):
        raise InputError(
            f"only the folder of this run says that its files are at {without_credentials(plain(place))}: nothing "
            f"is asked there. If that is yours, name it as runs in {list_of_clusters()}, or in FRAMECAST_RUNS"
        )
    return place


def _is_here(listed: RunFiles) -> bool:
    """Whether the folder that the cluster speaks of is on a disk of this machine too: it has the same plan."""
    plan = listed.files.get(_LAST)
    return plan is not None and _is_same(Path(listed.folder) / _LAST, plan)


def _is_same(file: Path, listed: RunFile) -> bool:
    return file.is_file() and file.stat().st_size == listed.size and has_checksum(file, listed.sha256)


def _validate_room(remote: RemoteRun, size: int) -> None:
    free = shutil.disk_usage(remote.path).free
    if size > free:
        raise InputError(
            f"{size / 1e6:,.0f} MB are to be fetched, {remote.path} has room for {free / 1e6:,.0f} MB"
        )


def _copy(source: Path, staging: Path, top: Path, files: Mapping[str, RunFile]) -> None:
    """From a disk: each file as long as it was listed."""
    for name, listed in files.items():
        target = staging / name
        make_folder(target.parent, top)
        try:
            with open(source / name, "rb") as stream, atomic_stream(target, top) as copy:
                left = listed.size
                while left and (piece := stream.read(min(left, 8 << 20))):
                    copy.write(piece)
                    left -= len(piece)
        except OSError as error:
            raise InputError(f"cannot copy {source / name}: {error.strerror or error}") from None


def _stream(
    remote: RemoteRun, trial: str, listed: RunFiles, names: list[str], staging: Path, progress: Progress
) -> None:
    """Through jobs that print the files, each with what is still missing, until all are here."""
    _discard_wrong(listed, names, staging, remote.path)
    total = sum(listed.files[name].size for name in names)
    while wanted := _wanted(listed, names, staging, remote.path):
        here = total - sum(size - offset for _, offset, size in wanted)
        sizes = {name: size for name, _, size in wanted}
        receiver = _Receiver(staging, remote.path, sizes, partial(_report, progress, here, total))
        reason = "the cluster sent nothing"
        try:
            _receive(remote, trial, listed, wanted, receiver)
        except ClusterSilentError as error:
            reason = str(error)
        if not receiver.came:
            raise InputError(f"{reason}; {_by_hand(remote, listed)}")


def _report(progress: Progress, here: int, total: int, came: int) -> None:
    progress(here + came, total)


def _receive(
    remote: RemoteRun, trial: str, listed: RunFiles, wanted: list[tuple[str, int, int]], receiver: _Receiver
) -> None:
    where = remote.location
    name = f"{remote.id}#{trial}" if trial else remote.id
    files = {WANTED: json.dumps(wanted)}
    server, job = server_of(where), send_command(where, ["fetch", name, "--send", WANTED], files)
    code = server.follow(job, receiver)
    server.forget(job)
    if code:
        raise InputError(f"the cluster could not send {name}: {receiver.said()}; {_by_hand(remote, listed)}")


class _Receiver:
    """Takes what a job prints, and appends the pieces of files to those in `staging`, each up to its listed size.

    Raises InputError where more comes than was listed: the other side decides what is sent, and would fill the
    disk.
    """

    def __init__(self, staging: Path, top: Path, sizes: dict[str, int], progress: Callable[[int], None]) -> None:
        self.came = 0
        """Bytes so far."""
        self._progress = progress
        self._top = top
        self._paths = [staging / name for name in sizes]
        self._sizes = list(sizes.values())
        self._rest = ""
        self._other: list[str] = []

    def __call__(self, text: str) -> None:
        *lines, self._rest = (self._rest + text).split("\n")
        if len(self._rest) > LINE_BYTES.value:
            raise LINE_BYTES.exceeded(f"what the cluster sends has a line of {bytes_text(len(self._rest))}")
        for line in lines:
            found = decode(line)
            if found is None:
                if not line.startswith(LINE):
                    self._other = [*self._other[-20:], line]
                continue
            number, offset, content = found
            # else it came before, or one was lost
            if 0 <= number < len(self._paths) and self._paths[number].stat().st_size == offset:
                self._append(number, offset, content)

    def _append(self, number: int, offset: int, content: bytes) -> None:
        path, size = self._paths[number], self._sizes[number]
        if offset + len(content) > size:
            remove_file(path, self._top)
            raise InputError(
                f"the cluster sends more of {path.name} than the {size:,} bytes that it has listed: nothing of "
                "that file is kept; fetch the run again"
            )
        with open_to_append(path, self._top) as file:
            file.write(content)
        self.came += len(content)
        self._progress(self.came)

    def said(self) -> str:
        """The last of what else the job printed."""
        lines = [line.strip() for line in [*self._other, self._rest] if line.strip()]
        return lines[-1] if lines else "it gave no reason"


def _discard_wrong(listed: RunFiles, names: list[str], staging: Path, top: Path) -> None:
    """Removes what an earlier attempt left of files that have changed since, as far as that shows."""
    for name in names:
        here, size = staging / name, listed.files[name].size
        if here.is_file() and here.stat().st_size >= size and not _is_same(here, listed.files[name]):
            remove_file(here, top)


def _wanted(listed: RunFiles, names: list[str], staging: Path, top: Path) -> list[tuple[str, int, int]]:
    """(name, offset, size) of what is missing."""
    found = []
    for name in names:
        size, here = listed.files[name].size, staging / name
        make_folder(here.parent, top)
        open_to_append(here, top).close()
        if (offset := here.stat().st_size) < size:
            found.append((name, offset, size))
    return found


def _by_hand(remote: RemoteRun, listed: RunFiles) -> str:
    """The command that does it without Ray."""
    host = urlsplit(remote.location.address).hostname or "HEAD"
    source, target = shlex.quote(f"{host}:{listed.folder}/"), shlex.quote(f"{remote.path}/")
    return (
        f"what came is kept; fetch it again, or copy it by hand: rsync -a --exclude=driver.json {source} {target}"
    )


def _put_in_place(
    staging: Path, copy: RunFolder, top: Path, names: Iterable[str], links: Mapping[str, str]
) -> None:
    """Moves what is complete into the run's folder: a manifest after its checkpoint's files, the plan at last."""
    order = sorted(names, key=lambda name: (name == _LAST, name.endswith(f"/{layout.MANIFEST}"), name))
    for name in order:
        target = copy.path / name
        make_folder(target.parent, top)
        move(staging / name, target, top)
    for name, checkpoint in links.items():
        with contextlib.suppress(OSError):
            # handled: a file system without links; best and last follow from the manifests there
            make_link(copy.checkpoints / name, checkpoint, top)
    make_folder(copy.logs, top)
    remove_tree(staging, top, ignore_errors=True)
