"""Ray's job server: starts a command on the cluster, follows what it prints, and stops it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shlex
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

from framecast.cluster.profiles import Cluster
from framecast.errors import InputError, without_credentials
from framecast.plain_text import plain
from framecast.plugin.path import FOLDER_VARIABLE
from framecast.variables_file import FILE, FILE_VARIABLE, write_variables

PATIENCE = 60.0
"""Seconds without an answer after which following gives up."""
_TIMEOUT = (10.0, 60.0)  # seconds for the connection, and between two pieces of an answer
_QUIET = 30.0  # seconds without output after which the server is asked whether it is there
_GRACE = "600"  # seconds that a stopped run has for its checkpoint before Ray kills it

_RUNS = '"${FRAMECAST_RUNS:-$HOME/framecast-runs}"'  # as the cluster's own shell has it
_COMMAND_BEGINS = "Running entrypoint for job"

_LONGEST_HEAD = 1 << 20  # characters of Ray's own words before the command begins that are searched at once

QUEUED, RUNNING, LOST = "queued", "running", "lost"
_CAUSES = {
    "connection refused": "connection refused",
    "no route to host": "no route to the host",
    "name or service not known": "no such host",
    "timed out": "no answer in time",
    "failed to connect to ray": "nothing answers there",
    "websocket": "the connection broke",
}
_NEVER_STARTED = ("RUNTIME_ENV_SETUP", "ACTOR_START", "UNSCHEDULABLE", "COMMAND_START")
_STATES = {"PENDING": QUEUED, "RUNNING": RUNNING, "SUCCEEDED": "finished", "STOPPED": "interrupted"}


class ClusterSilentError(InputError):
    """The job server does not answer, or not in its own words."""


class JobServer:
    """The job server of one cluster. Raises InputError where it cannot be reached, or does not let us in; and
    ClusterSilentError, which is one, where it stops answering later."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        try:
            self._client = _client(cluster.address)
        except Exception as error:  # ConnectionError, RuntimeError: Ray has no type for it
            what_to_do = (
                "the address is that of Ray's dashboard, http://HEAD:8265; docs/clusters.md has tunnels and tokens"
            )
            raise ClusterSilentError(
                f"cannot use the cluster at {cluster.address}: {_cause(error)}; {what_to_do}"
            ) from None

    def start(self, arguments: list[str], name: str, folder: Path | None, variables: dict[str, str]) -> None:
        """Starts `platform ARGUMENTS` on the head, in a copy of `folder`, as the job `name`. Relative paths in
        settings start from the home folder there.

        Values of `variables` travel in a file of that folder: Ray writes those of a runtime environment into its
        logs and its processes' command lines.
        """
        runs = shlex.quote(self.cluster.runs) if self.cluster.runs else _RUNS
        own = f'FRAMECAST_RUNS={runs} {FOLDER_VARIABLE}="$HOME"'  # the copy is no place for data
        if variables and folder is not None:
            write_variables(folder, variables)
            own = f"{own} {FILE_VARIABLE}={FILE}"
        command = f"{own} exec python -m framecast {shlex.join(arguments)}"
        environment: dict[str, Any] = {
            "env_vars": {"RAY_JOB_STOP_WAIT_TIME_S": _GRACE, "FRAMECAST_COMMAND": "platform"}
        }
        if folder is not None:
            environment["working_dir"] = str(folder)
        with self._asking():
            self._client.submit_job(entrypoint=command, submission_id=name, runtime_env=environment)

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
        details = self._details(name)
        return LOST if details is None else _state(details)

    def ends_within(self, name: str, seconds: float) -> bool:
        """Whether the job has ended, or does so before long."""
        until = time.monotonic() + seconds
        while (running := self.state(name) in (QUEUED, RUNNING)) and time.monotonic() < until:
            time.sleep(0.5)
        return not running

    def jobs(self) -> dict[str, tuple[str, int | None]]:
        """The state and the exit code of every job by its name."""
        with self._asking():
            return {
                job.submission_id: (_state(job), job.driver_exit_code)
                for job in self._client.list_jobs()
                if job.submission_id
            }

    def exit_code(self, name: str) -> int:
        details = self._details(name)
        if details is not None and details.driver_exit_code is not None:
            return int(details.driver_exit_code)
        return {"finished": 0, "interrupted": 143}.get(LOST if details is None else _state(details), 1)

    def why(self, name: str) -> str:
        """What the cluster says of a job that failed."""
        details = self._details(name)
        return (details.message if details is not None else None) or ""

    def stop(self, name: str) -> None:
        """Asks the job to end: it writes its checkpoint first. Returns when it has ended."""
        with self._asking():
            self._client.stop_job(name)
        while self.state(name) in (QUEUED, RUNNING):
            time.sleep(0.5)

    def forget(self, name: str) -> None:
        """Removes a job that has ended from the cluster's list; one that is gone already is no error."""
        with contextlib.suppress(InputError), self._asking():
            # handled: the job's entry stays in the list of the cluster, which does no harm
            self._client.delete_job(name)

    def _details(self, name: str) -> Any:
        """What the cluster knows of a job; None where it knows none of that name."""
        with self._asking():
            try:
                return self._client.get_job_info(name)
            except RuntimeError as error:
                if "does not exist" in str(error) or "404" in str(error):
                    return None
                raise

    def _tail(self, name: str, passed: _Passed) -> None:
        """Passes on what the command prints, but Ray's own words before it."""
        head, begun, position = "", False, 0
        for chunk in self._chunks(name):
            own = chunk
            if not begun:
                head = (head + chunk)[-_LONGEST_HEAD:]
                _, found, rest = head.partition(_COMMAND_BEGINS)
                if not found or "\n" not in rest:
                    continue
                begun, own = True, rest.partition("\n")[2]
            passed.take(own, position)
            position += len(own)

    def _chunks(self, name: str) -> Iterator[str]:
        """What the job prints, from its beginning until it ends. Raises ClusterSilentError where the connection
        breaks, or nothing comes for long and the server does not answer when it is asked."""
        loop = asyncio.new_event_loop()
        stream = self._client.tail_job_logs(name)
        try:
            while True:
                with self._asking():
                    coming = loop.create_task(_next(stream))
                    while not coming.done():
                        loop.run_until_complete(asyncio.wait([coming], timeout=_QUIET))
                        if not coming.done():
                            self._client.get_job_status(name)  # raises where the host has gone without a word
                    chunk = coming.result()
                if chunk is None:
                    return
                yield chunk
        finally:
            for task in asyncio.all_tasks(loop):
                task.cancel()
            with contextlib.suppress(Exception):
                # handled: of a connection that is gone there is nothing left to close
                loop.run_until_complete(stream.aclose())
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()

    @contextlib.contextmanager
    def _asking(self) -> Iterator[None]:
        """Turns whatever the client throws where the server is gone into one sentence."""
        from aiohttp import ClientError

        try:
            yield
        except InputError:
            raise
        except (
            RuntimeError,
            OSError,
            ValueError,
            TimeoutError,
            ClientError,
        ) as error:  # ValueError: half an answer
            raise ClusterSilentError(
                f"the cluster at {self.cluster.address} does not answer: {_cause(error)}"
            ) from None


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


def _client(address: str) -> Any:
    """Ray's own client, with a limit to the time of each request: it waits for ever where a host is cut off."""
    from ray.job_submission import JobSubmissionClient

    for name in ("ray", "ray.dashboard.modules.dashboard_sdk", "ray.dashboard.modules.job.sdk"):
        logging.getLogger(name).setLevel(logging.WARNING)  # uploads and closed connections are no news

    class Client(JobSubmissionClient):
        def _do_request(self, method: str, endpoint: str, **options: Any) -> Any:
            options.setdefault("timeout", _TIMEOUT)
            options["allow_redirects"] = False  # a request carries the token, and values of variables
            answer = super()._do_request(method, endpoint, **options)
            if answer.is_redirect:
                raise _Redirected(answer.headers.get("Location", ""))
            return answer

        async def tail_job_logs(self, job_id: str) -> AsyncIterator[str]:
            """As Ray does, but without following redirects, for which Ray offers no option."""
            import aiohttp

            trace = aiohttp.TraceConfig()
            trace.on_request_redirect.append(_refuse_redirect)
            async with aiohttp.ClientSession(
                cookies=self._cookies, headers=self._headers, trace_configs=[trace]
            ) as session:
                url = f"{self._address}/api/jobs/{job_id}/logs/tail"
                socket = await session.ws_connect(
                    url, ssl=True if self._ssl_context is None else self._ssl_context
                )
                while True:
                    message = await socket.receive()
                    if message.type == aiohttp.WSMsgType.TEXT:
                        yield message.data
                    elif message.type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR):
                        if socket.close_code == aiohttp.WSCloseCode.ABNORMAL_CLOSURE:
                            raise RuntimeError("WebSocket connection closed unexpectedly")
                        return

    return Client(address)


class _Redirected(RuntimeError):
    """A server sends its clients to another address, which the user has not confirmed."""

    def __init__(self, to: str) -> None:
        super().__init__(f"it redirects to {plain(without_credentials(to))}, where nothing is sent")


async def _refuse_redirect(session: Any, context: Any, parameters: Any) -> None:
    raise _Redirected(str(parameters.response.headers.get("Location", "")))


async def _next(stream: Any) -> str | None:
    """The next chunk; None at the end."""
    try:
        return str(await anext(stream))
    except StopAsyncIteration:  # handled: the end of the log
        return None


def _cause(error: Exception) -> str:
    """Why, in a few words; the libraries below repeat themselves at length."""
    text = str(error)
    for words, said in _CAUSES.items():
        if words.lower() in text.lower():
            return said
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1].rstrip(".") if lines else type(error).__name__


def _state(details: Any) -> str:
    """In our words. A driver that was killed, or lost with its node, has no exit code of its own: it died."""
    status = str(getattr(details.status, "value", details.status))
    if status != "FAILED":
        return _STATES.get(status, "failed")
    code = details.driver_exit_code
    if code in (130, 143):
        return "interrupted"
    kind = str(getattr(details, "error_type", None) or "")
    never_started = any(word in kind for word in _NEVER_STARTED)
    return "failed" if never_started or (code is not None and 0 <= code < 128) else "died"


def variables_named(names: list[str]) -> dict[str, str]:
    """The values that these environment variables have here. Raises InputError for those that have none."""
    missing = [name for name in names if name not in os.environ]
    if missing:
        raise InputError(
            f"compute.env names {', '.join(missing)}, which this shell does not have: export it first"
        )
    return {name: os.environ[name] for name in names}
