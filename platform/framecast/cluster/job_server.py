"""Ray's job server: starts a command on the cluster, follows what it prints, and stops it."""

from __future__ import annotations

import asyncio
import logging
import os
import shlex
import sys
import time
from pathlib import Path
from typing import Any, TextIO

from framecast.cluster.profiles import Cluster
from framecast.errors import InputError
from framecast.registry.path import FOLDER_VARIABLE

_PATIENCE = 60.0  # seconds without an answer after which following gives up
_GRACE = "600"  # seconds that a stopped run has for its checkpoint before Ray kills it

_RUNS = '"${FRAMECAST_RUNS:-$HOME/framecast-runs}"'  # as the cluster's own shell has it
_COMMAND_BEGINS = "Running entrypoint for job"

QUEUED, RUNNING = "queued", "running"
_STATES = {"PENDING": QUEUED, "RUNNING": RUNNING, "SUCCEEDED": "finished", "STOPPED": "interrupted"}


class JobServer:
    """The job server of one cluster. Raises InputError where it cannot be reached, or does not let us in."""

    def __init__(self, cluster: Cluster) -> None:
        from ray.job_submission import JobSubmissionClient

        self.cluster = cluster
        try:
            self._client = JobSubmissionClient(cluster.address)
        except Exception as error:  # ConnectionError, RuntimeError: Ray has no type for it
            cause = str(error).strip().splitlines()[-1:] or [type(error).__name__]
            way_out = (
                "it is the address of the dashboard, http://HEAD:8265; see docs/clusters.md for tunnels and tokens"
            )
            raise InputError(f"cannot use the cluster at {cluster.address}: {cause[0]}: {way_out}") from None
        for name in ("ray", "ray.dashboard.modules.dashboard_sdk", "ray.dashboard.modules.job.sdk"):
            logging.getLogger(name).setLevel(logging.WARNING)  # uploads and closed connections are no news

    def start(self, arguments: list[str], name: str, folder: Path | None, variables: dict[str, str]) -> None:
        """Starts `platform ARGUMENTS` on the head, in a copy of `folder`, as the job `name`. Relative paths in
        settings start from the home folder there."""
        runs = shlex.quote(self.cluster.runs) if self.cluster.runs else _RUNS
        own = f'FRAMECAST_RUNS={runs} {FOLDER_VARIABLE}="$HOME"'  # the copy is no place for data
        command = f"{own} exec python -m framecast {shlex.join(arguments)}"
        environment: dict[str, Any] = {
            "env_vars": {"RAY_JOB_STOP_WAIT_TIME_S": _GRACE, "FRAMECAST_COMMAND": "platform", **variables}
        }
        if folder is not None:
            environment["working_dir"] = str(folder)
        self._client.submit_job(entrypoint=command, submission_id=name, runtime_env=environment)

    def follow(self, name: str, output: TextIO = sys.stdout) -> int:
        """Writes what the job prints, from its beginning, until it ends. Returns its exit code."""
        from aiohttp import ClientError

        written, heard = 0, time.monotonic()
        while True:
            try:
                if self.state(name) != QUEUED:
                    written = asyncio.run(self._tail(name, written, output))
                    if self.state(name) not in (QUEUED, RUNNING):
                        return self.exit_code(name)
                heard = time.monotonic()
            except (RuntimeError, OSError, ClientError) as error:  # the head is away for a moment, or for good
                if time.monotonic() - heard > _PATIENCE:
                    print(f"lost the cluster at {self.cluster.address}: {error}", file=sys.stderr)
                    return 1
            time.sleep(0.5)

    def state(self, name: str) -> str:
        """queued, running, finished, interrupted or failed; `lost` where the cluster does not know the job."""
        try:
            return self._state(self._client.get_job_info(name))
        except RuntimeError as error:
            if "does not exist" in str(error) or "404" in str(error):
                return "lost"
            raise

    def ends_within(self, name: str, seconds: float) -> bool:
        """Whether the job has ended, or does so before long."""
        until = time.monotonic() + seconds
        while (running := self.state(name) in (QUEUED, RUNNING)) and time.monotonic() < until:
            time.sleep(0.5)
        return not running

    def states(self) -> dict[str, str]:
        """The state of every job by its name."""
        return {job.submission_id: self._state(job) for job in self._client.list_jobs() if job.submission_id}

    def exit_code(self, name: str) -> int:
        details = self._client.get_job_info(name)
        if details.driver_exit_code is not None:
            return int(details.driver_exit_code)
        return {"finished": 0, "interrupted": 143}.get(self._state(details), 1)

    def why(self, name: str) -> str:
        """What the cluster says of a job that failed."""
        return self._client.get_job_info(name).message or ""

    def stop(self, name: str) -> None:
        """Asks the job to end: it writes its checkpoint first. Returns when it has ended."""
        self._client.stop_job(name)
        while self.state(name) in (QUEUED, RUNNING):
            time.sleep(0.5)

    @staticmethod
    def _state(details: Any) -> str:
        if details.status == "FAILED" and details.driver_exit_code in (130, 143):
            return "interrupted"
        return _STATES.get(str(getattr(details.status, "value", details.status)), "failed")

    async def _tail(self, name: str, written: int, output: TextIO) -> int:
        """Writes what the command says after its first `written` characters; returns how many there are now."""
        said = ""
        async for chunk in self._client.tail_job_logs(name):
            said += chunk
            _, begun, own = said.partition(_COMMAND_BEGINS)  # before it is Ray's own talk
            own = own.partition("\n")[2]
            if begun and len(own) > written:
                output.write(own[written:])
                output.flush()
                written = len(own)
        return written


def variables_named(names: list[str]) -> dict[str, str]:
    """The values that these environment variables have here. Raises InputError for those that have none."""
    missing = [name for name in names if name not in os.environ]
    if missing:
        raise InputError(f"compute.env names {', '.join(missing)}, which this shell has not: export it first")
    return {name: os.environ[name] for name in names}
