"""Ray's job client with limits: no request waits for ever, none is redirected, each failure is one sentence."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any

from framecast.errors import InputError, without_credentials
from framecast.plain_text import plain

_TIMEOUT = (10.0, 60.0)  # seconds for the connection, and between two pieces of an answer
_QUIET = 30.0  # seconds without output after which the server is asked whether it is there
_CAUSES = {
    "connection refused": "connection refused",
    "no route to host": "no route to the host",
    "name or service not known": "no such host",
    "timed out": "no answer in time",
    "failed to connect to ray": "nothing answers there",
    "websocket": "the connection broke",
}


class ClusterSilentError(InputError):
    """The job server does not answer, or not in its own words."""


class RayJobClient:
    """Asks the job server of one cluster. Raises ClusterSilentError where it cannot be reached, does not let us
    in, or stops answering."""

    def __init__(self, address: str) -> None:
        self._address = address
        try:
            self._client = _open(address)
        except Exception as error:  # ConnectionError, RuntimeError: Ray has no type for it
            what_to_do = (
                "the address is that of Ray's dashboard, http://HEAD:8265; docs/clusters.md has tunnels and tokens"
            )
            raise ClusterSilentError(
                f"cannot use the cluster at {address}: {_cause(error)}; {what_to_do}"
            ) from None

    def submit(self, command: str, name: str, environment: dict[str, Any]) -> None:
        """Starts a shell command as the job `name`, in a runtime environment of Ray."""
        with self._asking():
            self._client.submit_job(entrypoint=command, submission_id=name, runtime_env=environment)

    def details(self, name: str) -> Any:
        """Ray's JobDetails; None for a job that the cluster does not know."""
        with self._asking():
            try:
                return self._client.get_job_info(name)
            except RuntimeError as error:
                if "does not exist" in str(error) or "404" in str(error):
                    return None
                raise

    def all_details(self) -> list[Any]:
        """Those of every job that was submitted by a name."""
        with self._asking():
            return [job for job in self._client.list_jobs() if job.submission_id]

    def stop(self, name: str) -> None:
        """Asks the job to end, and does not wait for it."""
        with self._asking():
            self._client.stop_job(name)

    def delete(self, name: str) -> None:
        """Removes a job that has ended from the cluster's list."""
        with self._asking():
            self._client.delete_job(name)

    def output(self, name: str) -> Iterator[str]:
        """What the job prints, in pieces, from its beginning until it ends. Where nothing comes for long, the
        server is asked whether it is there."""
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
        except (RuntimeError, OSError, ValueError, ClientError) as error:  # ValueError: half an answer
            raise ClusterSilentError(f"the cluster at {self._address} does not answer: {_cause(error)}") from None


def _open(address: str) -> Any:
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
