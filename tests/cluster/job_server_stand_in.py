"""A job server that speaks Ray's HTTP interface, for Ray's own client: so that what it answers can be chosen, and
that it can be taken away."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import ray
from aiohttp import web

HEAD = "2026-01-01 INFO Ray's own words\nRunning entrypoint for job x: python -m framecast\n"


class StandIn:
    """`jobs` holds for each job its status, exit code and the pieces that it prints; a piece that is callable is
    called when its turn comes. `started` makes the job of a command."""

    def __init__(self) -> None:
        self.jobs: dict[str, dict[str, Any]] = {}
        self.started: Callable[[str], dict[str, Any]] = lambda entrypoint: job()
        self.requests: list[str] = []
        """What has been asked: method, path, headers and body of each request."""
        self.redirect_to = self.redirect_logs_to = ""
        """Another server, to which all requests, or those for logs, are sent on."""
        self._runner: web.AppRunner | None = None
        self.address = ""

    async def begin(self) -> None:
        app = web.Application(middlewares=[self._noted])
        app.add_routes(
            [
                web.get("/api/version", self._version),
                web.get("/api/packages/{protocol}/{name}", self._package),
                web.post("/api/jobs/", self._submit),
                web.get("/api/jobs/", self._list),
                web.get("/api/jobs/{name}", self._details),
                web.delete("/api/jobs/{name}", self._delete),
                web.get("/api/jobs/{name}/logs/tail", self._tail),
            ]
        )
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        assert site._server is not None
        self.address = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"  # type: ignore[attr-defined]

    async def end(self) -> None:
        if self._runner is not None:
            runner, self._runner = self._runner, None
            await runner.cleanup()

    def received(self) -> str:
        return "\n".join(self.requests)

    @web.middleware
    async def _noted(self, request: web.Request, handler: Any) -> web.StreamResponse:
        body = (await request.read()).decode(errors="replace")
        self.requests.append(f"{request.method} {request.path} {dict(request.headers)} {body}")
        other = self.redirect_logs_to if request.path.endswith("/tail") else self.redirect_to
        if other:
            raise web.HTTPTemporaryRedirect(other + request.path)
        response: web.StreamResponse = await handler(request)
        return response

    async def _version(self, request: web.Request) -> web.Response:
        return web.json_response({"version": "4", "ray_version": ray.__version__, "ray_commit": "x"})

    async def _package(self, request: web.Request) -> web.Response:
        return web.Response()  # it is here already

    async def _submit(self, request: web.Request) -> web.Response:
        asked = await request.json()
        self.jobs[asked["submission_id"]] = self.started(asked["entrypoint"])
        return web.json_response({"job_id": None, "submission_id": asked["submission_id"]})

    async def _list(self, request: web.Request) -> web.Response:
        return web.json_response([self._described(name) for name in self.jobs])

    async def _details(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in self.jobs:
            return web.Response(status=404, text=f"Job {name} does not exist")
        return web.json_response(self._described(name))

    async def _delete(self, request: web.Request) -> web.Response:
        return web.json_response({"deleted": self.jobs.pop(request.match_info["name"], None) is not None})

    async def _tail(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        for piece in [HEAD, *self.jobs[request.match_info["name"]]["printed"]]:
            if callable(piece):
                piece()
                if request.transport is not None:
                    request.transport.abort()
                return socket
            await socket.send_str(piece)
        await socket.close()
        return socket

    def _described(self, name: str) -> dict[str, Any]:
        known = {key: value for key, value in self.jobs[name].items() if key != "printed"}
        return {"type": "SUBMISSION", "submission_id": name, "entrypoint": "x", "message": "", **known}


def job(
    status: str = "SUCCEEDED", code: int | None = 0, printed: list[Any] | None = None, **more: Any
) -> dict[str, Any]:
    """One job; as it is by default, it has finished and printed nothing."""
    return {"status": status, "driver_exit_code": code, "printed": printed or [], **more}


@contextmanager
def stand_in() -> Iterator[tuple[StandIn, Callable[[], None]]]:
    """A server that runs while the body does, and what takes it away."""
    server = StandIn()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(server.begin(), loop).result(30)

    def go_away() -> None:
        asyncio.run_coroutine_threadsafe(server.end(), loop)

    try:
        yield server, go_away
    finally:
        asyncio.run_coroutine_threadsafe(server.end(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()
