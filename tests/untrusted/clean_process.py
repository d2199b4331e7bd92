"""Processes that are forked from a server without threads, which has imported the readers once.

A process of pytest has threads of other tests and cannot be forked safely. The server does nothing but fork, so a
new process costs milliseconds instead of seconds of imports.
"""

from __future__ import annotations

import atexit
import gc
import os
import pickle
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Callable
from functools import cache
from importlib import import_module
from multiprocessing.connection import Connection
from typing import Any

_PRELOADED = (
    "av",
    "netCDF4",
    "torch",
    "xarray",
    "zarr",
    "framecast.cluster.run_files",
    "framecast.data.preparation",
    "framecast.evaluation.array_file",
    "framecast.evaluation.evaluation_target",
    "framecast.report.page",
    "framecast_conv_tt_lstm.published",
    "framecast_gridded.fields",
    "framecast_kth.files",
    "framecast_moving_mnist.digits.formats",
    "framecast_something_something.annotations",
    "framecast_video_folder.prepare",
    "tests.untrusted.readers",
)


class ProcessEndedError(Exception):
    """The process ended, or did not answer in time, before it had returned a value."""


class CleanProcess:
    """A process that calls functions, one after another. They and their arguments are pickled, so they are found
    by the names of their modules; exceptions are raised here as RuntimeError with their traceback."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        self._connection = Connection(ours.detach())
        with theirs:
            _server().hand_over(theirs)
        self._process: int = self._connection.recv()
        self.calls = 0

    def call(self, function: Callable[..., Any], *arguments: Any, timeout: float = 60.0) -> Any:
        """What the function returns. Raises ProcessEndedError, after which this process is of no further use."""
        self.calls += 1
        try:
            self._connection.send((dict(os.environ), os.getcwd(), function, arguments))
            if not self._connection.poll(timeout):
                self.end()
                raise ProcessEndedError(f"no answer within {timeout:.0f} s")
            value, problem = self._connection.recv()
        except (EOFError, OSError) as error:
            self.end()
            raise ProcessEndedError(f"the process was killed ({error})") from None
        if problem:
            raise RuntimeError(problem)
        return value

    def end(self) -> None:
        """Ends the process, also one that hangs."""
        if not self._connection.closed:
            self._connection.close()
            os.kill(self._process, signal.SIGKILL)  # not reaped before: its server waits for the next request


class _Server:
    """Starts processes on request, until this process ends."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair()
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(theirs.fileno())], env=environment, pass_fds=[theirs.fileno()]
            )

    def hand_over(self, end: socket.socket) -> None:
        """Has a process forked that answers at this end of a pair of sockets."""
        socket.send_fds(self._socket, [b"x"], [end.fileno()])

    def close(self) -> None:
        self._socket.close()
        self._process.wait()


@cache
def _server() -> _Server:
    server = _Server()
    atexit.register(server.close)
    return server


def _serve(descriptor: int) -> None:
    for name in _PRELOADED:
        import_module(name)
    gc.freeze()
    requests = socket.socket(fileno=descriptor)
    children: list[int] = []
    while True:
        message, given, _, _ = socket.recv_fds(requests, 1, 1)
        if not message:
            return
        children = [each for each in children if not os.waitpid(each, os.WNOHANG)[0]]
        if child := os.fork():
            children.append(child)
            os.close(given[0])
        else:
            requests.close()
            try:
                _answer(Connection(given[0]))
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(0)


def _answer(connection: Connection) -> None:
    connection.send(os.getpid())
    while True:
        try:
            environment, folder, function, arguments = connection.recv()
        except EOFError:  # handled: no further calls
            return
        if dict(os.environ) != environment:
            os.environ.clear()
            os.environ.update(environment)
        os.chdir(folder)
        try:
            answer = function(*arguments), ""
            pickle.dumps(answer)
        except Exception:
            answer = None, traceback.format_exc()
        connection.send(answer)


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
