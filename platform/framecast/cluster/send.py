"""Sends a command to a cluster and remembers where the run is. What it does there, it does as it does here."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from framecast.cluster.job_server import JobServer, variables_named
from framecast.cluster.profiles import Cluster, cluster_at
from framecast.cluster.shipment import JOB, SENDER, pack, pack_package
from framecast.errors import InputError
from framecast.job.document import Document
from framecast.registry.registry import Registry
from framecast.runs.folder import new_run_id
from framecast.runs.remote_run import RemoteRun, Whereabouts

_CLOSING_WORDS = 20.0  # seconds in which a run that was just stopped writes its report and ends
_NOT_INSTALLED = "No module named framecast"


def send_job(document: Document, registry: Registry, whereabouts: Whereabouts, root: Path) -> RemoteRun:
    """Starts a job on the cluster with all it needs, and notes it below `root`. Returns at once.

    Raises InputError where the cluster cannot be used.
    """
    server = server_of(whereabouts)
    with _package(whereabouts.ship_package) as folder:
        pack(folder, document, registry)
        arguments = ["submit", JOB, "compute.address=auto", "--run-id", whereabouts.job, "--sent-by", SENDER]
        server.start(arguments, whereabouts.job, folder, variables_named(whereabouts.variables))
    remote = RemoteRun.at(root, document.data["name"], whereabouts.job)
    remote.note(whereabouts)
    return remote


def send_command(whereabouts: Whereabouts, arguments: list[str], files: Mapping[str, str] | None = None) -> str:
    """Starts `platform ARGUMENTS` on the cluster, in a folder with these small `files` (name to content). Returns
    the name of the Ray job that does it."""
    job = f"{arguments[0]}-{new_run_id()}"
    with _package(whereabouts.ship_package) as folder:
        (folder / ".keep").touch()
        for name, content in (files or {}).items():
            (folder / name).write_text(content)
        server_of(whereabouts).start(arguments, job, folder, variables_named(whereabouts.variables))
    return job


def send_resume(remote: RemoteRun, overrides: list[str]) -> RemoteRun:
    """Continues a run where it is. Raises InputError while it is still running there."""
    before = remote.whereabouts
    if not server_of(before).ends_within(before.job, _CLOSING_WORDS):
        raise InputError(f"run {remote.id} is running on {before.address}: nothing to resume")
    job = send_command(before, ["resume", remote.id, *overrides])
    remote.note(replace(before, job=job, earlier=[*before.earlier, before.job]))
    return remote


def follow(whereabouts: Whereabouts) -> int:
    """Writes what the job prints, from its beginning to its end. Returns its exit code.

    Where the cluster is lost on the way that is one sentence on standard error, and 1.
    """

    def write(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()

    server = server_of(whereabouts)
    try:
        code = server.follow(whereabouts.job, write)
        if code and _NOT_INSTALLED in server.why(whereabouts.job):
            what_to_do = "install the same version there, or send yours along with --ship-package"
            print(f"Framecast is not installed on {whereabouts.address}: {what_to_do}", file=sys.stderr)
            return 2
        return code
    except InputError as error:
        print(f"{error}; what is still running there is not affected: `platform list` asks again", file=sys.stderr)
        return 1


def answer(whereabouts: Whereabouts, arguments: list[str]) -> str:
    """What `platform ARGUMENTS` prints on the cluster. Raises InputError with it where the command fails."""
    said: list[str] = []
    server, job = server_of(whereabouts), send_command(whereabouts, arguments)
    code = server.follow(job, said.append)
    text = "".join(said)
    if code:
        raise InputError(text.strip() or f"platform {arguments[0]} failed on {whereabouts.address}")
    return text


def stop(whereabouts: Whereabouts) -> str:
    """Ends the job after a checkpoint. Returns the state it is in then."""
    server = server_of(whereabouts)
    if server.state(whereabouts.job) in ("queued", "running"):
        server.stop(whereabouts.job)
    return server.state(whereabouts.job)


def server_of(whereabouts: Whereabouts) -> JobServer:
    cluster = cluster_at(whereabouts.address)
    if cluster is None:
        raise InputError(f"{whereabouts.address} is no job server: write http://HEAD:8265 or a name of yours")
    return JobServer(Cluster(cluster.address, whereabouts.runs or cluster.runs))


@contextmanager
def _package(ship: bool) -> Iterator[Path]:
    """A folder to send, with this installation in it if so wished."""
    with tempfile.TemporaryDirectory(prefix="framecast-") as folder:
        if ship:
            pack_package(Path(folder))
        yield Path(folder)
