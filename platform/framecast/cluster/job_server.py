"""Ray's job server: starts a command on the cluster, follows what it prints, and stops it."""

from __future__ import annotations

import contextlib
import shlex
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from framecast.cluster.profiles import Cluster
from framecast.cluster.ray_job_client import ClusterSilentError, RayJobClient
from framecast.errors import InputError
from framecast.plugin.path import FOLDER_VARIABLE
from framecast.variables_file import FILE, FILE_VARIABLE, write_variables

PATIENCE = 60.0
"""Seconds without an answer after which following gives up."""
_GRACE = "600"  # seconds that a stopped run has for its checkpoint before Ray kills it

_RUNS = '"${FRAMECAST_RUNS:-$HOME/framecast-runs}"'  # as the cluster's own shell has it
_COMMAND_BEGINS = "Running entrypoint for job"

_LONGEST_HEAD = 1 << 20  # characters of Ray's own words before the command begins that are searched at once

QUEUED, RUNNING, LOST = "queued", "running", "lost"
_NEVER_STARTED = ("RUNTIME_ENV_SETUP", "ACTOR_START", "UNSCHEDULABLE", "COMMAND_START")
_STATES = {"PENDING": QUEUED, "RUNNING": RUNNING, "SUCCEEDED": "finished", "STOPPED": "interrupted"}


class JobServer:
    """The job server of one cluster. Raises ClusterSilentError, an InputError, where it cannot be reached, does
    not let us in, or stops answering."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._client = RayJobClient(cluster.address)

    def start(self, arguments: list[str], name: str, folder: Path, variables: dict[str, str]) -> None:
        """Starts `platform ARGUMENTS` on the head, in a copy of `folder`, as the job `name`. Relative paths in
        settings start from the home folder there.

        Values of `variables` travel in a file of that folder: Ray writes those of a runtime environment into its
        logs and its processes' command lines.
        """
        runs = shlex.quote(self.cluster.runs) if self.cluster.runs else _RUNS
        own = f'FRAMECAST_RUNS={runs} {FOLDER_VARIABLE}="$HOME"'  # the copy is no place for data
        if variables:
            write_variables(folder, variables)
            own = f"{own} {FILE_VARIABLE}={FILE}"
        command = f"{own} exec python -m framecast {shlex.join(arguments)}"
        own_variables = {"RAY_JOB_STOP_WAIT_TIME_S": _GRACE, "FRAMECAST_COMMAND": "platform"}
        self._client.submit(command, name, {"env_vars": own_variables, "working_dir": str(folder)})

    def follow(self, name: str, output: Callable[[str], object]) -> int:
        """Passes what the job prints to `output`, from its beginning, until it ends. Returns its exit code.

        Raises ClusterSilentError where the cluster has not answered for a minute, InputError where it no longer
        knows the job, and whatever `output` raises.
        """
        passed, silent_since = _Passed(output), None
        while True:
            try:
                if (state := self.state(name)) == LOST:
                    raise InputError(f"{self.cluster.address} does not know the job {name}: Ray restarted there")
                if state != QUEUED:
                    self._tail(name, passed)
                    if self.state(name) not in (QUEUED, RUNNING):
                        return self.exit_code(name)
                silent_since = None
            except ClusterSilentError as error:  # the head is away for a moment, or for good
                if silent_since is None:
                    silent_since = time.monotonic()
                    print(f"{error}; trying again for {PATIENCE:.0f} seconds", file=sys.stderr, flush=True)
                elif time.monotonic() - silent_since > PATIENCE:
                    raise
            time.sleep(0.5)

    def state(self, name: str) -> str:
        """queued, running, finished, interrupted, failed or died; `lost` for a job that is not known there."""
        details = self._client.details(name)
        return LOST if details is None else _state(details)

    def ends_within(self, name: str, seconds: float) -> bool:
        """Whether the job has ended, or does so before long."""
        until = time.monotonic() + seconds
        while (running := self.state(name) in (QUEUED, RUNNING)) and time.monotonic() < until:
            time.sleep(0.5)
        return not running

    def jobs(self) -> dict[str, tuple[str, int | None]]:
        """The state and the exit code of every job by its name."""
        return {job.submission_id: (_state(job), job.driver_exit_code) for job in self._client.all_details()}

    def exit_code(self, name: str) -> int:
        details = self._client.details(name)
        if details is not None and details.driver_exit_code is not None:
            return int(details.driver_exit_code)
        return {"finished": 0, "interrupted": 143}.get(LOST if details is None else _state(details), 1)

    def why(self, name: str) -> str:
        """What the cluster says of a job that failed."""
        details = self._client.details(name)
        return (details.message if details is not None else None) or ""

    def stop(self, name: str) -> None:
        """Asks the job to end: it writes its checkpoint first. Returns when it has ended."""
        self._client.stop(name)
        while self.state(name) in (QUEUED, RUNNING):
            time.sleep(0.5)

    def forget(self, name: str) -> None:
        """Removes a job that has ended from the cluster's list; one that is gone already is no error."""
        with contextlib.suppress(ClusterSilentError):
            # handled: the job's entry stays in the list of the cluster, which does no harm
            self._client.delete(name)

    def _tail(self, name: str, passed: _Passed) -> None:
        """Passes on what the command prints, but Ray's own words before it."""
        head, begun, position = "", False, 0
        for chunk in self._client.output(name):
            own = chunk
            if not begun:
                head = (head + chunk)[-_LONGEST_HEAD:]
                _, found, rest = head.partition(_COMMAND_BEGINS)
                if not found or "\n" not in rest:
                    continue
                begun, own = True, rest.partition("\n")[2]
            passed.take(own, position)
            position += len(own)


class _Passed:
    """What of a job's output has been passed on: it comes from its beginning again when a connection broke."""

    def __init__(self, output: Callable[[str], object]) -> None:
        self._output = output
        self._count = 0

    def take(self, text: str, position: int) -> None:
        """Passes on what of `text`, which begins at that position of the output, is new."""
        end = position + len(text)
        if end > self._count:
            fresh = text[len(text) - (end - self._count) :]
            self._count = end
            self._output(fresh)


def _state(details: Any) -> str:
    """In our words. A driver that was killed, or lost with its node, has no exit code of its own: it died."""
    status = str(details.status.value)
    if status != "FAILED":
        return _STATES.get(status, "failed")
    code = details.driver_exit_code
    if code in (130, 143):
        return "interrupted"
    never_started = any(word in (details.error_type or "") for word in _NEVER_STARTED)
    return "failed" if never_started or (code is not None and 0 <= code < 128) else "died"
