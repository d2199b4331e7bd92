"""Sends a command to a cluster and remembers where the run is. What it does there, it does as it does here."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from framecast.bounded.limit import DOCUMENT_BYTES, bytes_text
from framecast.cluster.bundle import JOB, SENDER, pack, pack_package
from framecast.cluster.job_server import JobServer
from framecast.cluster.profiles import Cluster, cluster_at, ensure_confirmed
from framecast.cluster.sent_variables import variables_for_job, variables_for_resume, variables_for_runs
from framecast.confirmed_addresses import confirm
from framecast.errors import InputError
from framecast.files import write_atomically
from framecast.job.document import Document
from framecast.registry.registry import Registry
from framecast.registry.submissions import note_code
from framecast.runs.folder import new_run_id
from framecast.runs.remote_run import RemoteLocation, RemoteRun
from framecast.runs.roots import is_url
from framecast.secret_urls import kept_aside, set_aside

_CLOSING_WORDS = 20.0  # seconds in which a run that was just stopped writes its report and ends
_NOT_INSTALLED = "No module named framecast"


def send_job(document: Document, registry: Registry, location: RemoteLocation, root: Path) -> RemoteRun:
    """Starts a job on the cluster with all it needs, and notes it below `root`. Returns at once.

    Raises InputError where the cluster cannot be used.
    """
    server = server_of(location)
    variables = variables_for_job(location.variables)
    with _package(location.ship_package) as folder:
        pack(folder, document, registry)
        _note_code(registry)
        arguments = ["submit", JOB, "compute.address=auto", "--run-id", location.job, "--sent-by", SENDER]
        server.start(arguments, location.job, folder, {**variables, **kept_aside()})
    remember_address(location)
    remote = RemoteRun.at(root, document.data["name"], location.job)
    remote.note(location)
    return remote


def _note_code(registry: Registry) -> None:
    """Notes that the plugins which are sent are this user's: a fetched copy of the run can then be evaluated."""
    try:
        for source in registry.loaded:
            if source.path:
                note_code(source)
    except OSError as error:
        print(f"note: a fetched copy of this run will take --trust: {error}", file=sys.stderr)


def send_command(
    location: RemoteLocation,
    arguments: list[str],
    files: Mapping[str, str] | None = None,
    variables: Mapping[str, str] | None = None,
) -> str:
    """Starts `platform ARGUMENTS` on the cluster, in a folder with these small `files` (name to content). Returns
    the name of the Ray job that does it.

    `variables` go along; by default those that the cluster needs to read runs at a URL, and has been sent before.
    """
    if variables is None:
        variables = variables_for_runs(location)
    job = f"{arguments[0]}-{new_run_id()}"
    with _package(location.ship_package) as folder:
        write_atomically(folder / ".keep", "")
        for name, content in (files or {}).items():
            write_atomically(folder / name, content)
        written = set_aside(arguments)
        aside = kept_aside() if written != arguments or arguments[0] == "resume" else {}
        server_of(location).start(written, job, folder, {**variables, **aside})
    return job


def send_resume(remote: RemoteRun, overrides: list[str]) -> RemoteRun:
    """Continues a run where it is. Raises InputError while it is still running there."""
    before = remote.location
    if not server_of(before).ends_within(before.job, _CLOSING_WORDS):
        raise InputError(f"run {remote.id} is running on {before.address}: nothing to resume")
    sent = variables_for_resume(before, overrides)
    job = send_command(before, ["resume", remote.id, *overrides], variables=sent)
    remote.note(replace(before, job=job, earlier=[*before.earlier, before.job]))
    return remote


def follow(location: RemoteLocation) -> int:
    """Writes what the job prints, from its beginning to its end. Returns its exit code.

    Where the cluster is lost on the way that is one sentence on standard error, and 1.
    """

    def write(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()

    server = server_of(location)
    try:
        code = server.follow(location.job, write)
        if code and _NOT_INSTALLED in server.why(location.job):
            what_to_do = "install the same version there, or send yours along with --ship-package"
            print(f"Framecast is not installed on {location.address}: {what_to_do}", file=sys.stderr)
            return 2
        return code
    except InputError as error:
        print(f"{error}; what is still running there is not affected: `platform list` asks again", file=sys.stderr)
        return 1


def answer(location: RemoteLocation, arguments: list[str]) -> str:
    """What `platform ARGUMENTS` prints on the cluster. Raises InputError with it where the command fails."""
    said: list[str] = []
    left = DOCUMENT_BYTES.value

    def take(text: str) -> None:
        nonlocal left
        left -= len(text)
        if left < 0:
            raise DOCUMENT_BYTES.exceeded(
                f"what {location.address} answers to {arguments[0]} is longer than "
                f"{bytes_text(DOCUMENT_BYTES.value)}"
            )
        said.append(text)

    server, job = server_of(location), send_command(location, arguments)
    code = server.follow(job, take)
    text = "".join(said)
    if code:
        raise InputError(text.strip() or f"platform {arguments[0]} failed on {location.address}")
    return text


def stop(location: RemoteLocation) -> str:
    """Ends the job after a checkpoint. Returns the state it is in then."""
    server = server_of(location)
    if server.state(location.job) in ("queued", "running"):
        server.stop(location.job)
    return server.state(location.job)


def server_of(location: RemoteLocation) -> JobServer:
    """Raises InputError where it is no job server, or the user has not named it."""
    cluster = cluster_at(location.address)
    if cluster is None:
        raise InputError(f"{location.address} is no job server: write http://HEAD:8265 or a name of yours")
    ensure_confirmed(location.address, "the folder of this run")
    return JobServer(Cluster(cluster.address, location.runs or cluster.runs))


def remember_address(location: RemoteLocation) -> None:
    """Notes what the user has sent a job to, so that later commands may ask there too."""
    confirm(location.address, location.variables)
    if location.runs and is_url(location.runs):
        confirm(location.runs)


@contextmanager
def _package(ship: bool) -> Iterator[Path]:
    """A folder to send, with this installation in it if so wished."""
    with tempfile.TemporaryDirectory(prefix="framecast-") as folder:
        if ship:
            pack_package(Path(folder))
        yield Path(folder)
