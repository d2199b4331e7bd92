"""An address where no Ray is: found out in seconds, and told with who named it."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from framecast.confirmed_addresses import confirm
from framecast.errors import InputError
from framecast.launch import ray_address
from framecast.launch.doctor.examination import examine
from framecast.launch.ray_address import ensure_ray_answers

SETTINGS = bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])


@contextmanager
def answering(answer: bytes | None) -> Iterator[str]:
    """Something that listens on this machine, and answers so; None: it keeps silent."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(100)
                if answer is not None:
                    connection.sendall(answer)
                done.wait()

        done = threading.Event()
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        done.set()


def unused() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"127.0.0.1:{server.getsockname()[1]}"


def refusal(address: str) -> str:
    confirm(address)
    with pytest.raises(InputError) as refused:
        ensure_ray_answers(address)
    return str(refused.value)


def test_where_nothing_listens_the_message_names_who_named_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    address = unused()
    assert f"no Ray at {address}, named by compute.address: connection refused" in refusal(address)
    monkeypatch.setenv("RAY_ADDRESS", address)
    assert f"no Ray at {address}, named by $RAY_ADDRESS: connection refused; unset RAY_ADDRESS" in refusal(address)


def test_where_something_else_listens_it_is_not_taken_for_ray() -> None:
    with answering(b"HTTP/1.1 400 Bad Request\r\n\r\n") as address:
        assert "what answers there is not Ray" in refusal(address)


def test_where_nothing_answers_the_waiting_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_address, "_PATIENCE", 0.05)
    with answering(None) as address:
        assert "no answer within 0.05 s" in refusal(address)


def test_what_speaks_grpc_may_be_ray() -> None:
    with answering(SETTINGS) as address:
        confirm(address)
        ensure_ray_answers(address)


def test_an_address_that_only_a_file_names_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_address, "_silence", lambda host, port: pytest.fail("it was asked"))
    with pytest.raises(InputError, match=r"only a file names the Ray at evil\.example\.org:6379: nothing is sent"):
        ensure_ray_answers("evil.example.org:6379")


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="acts as another user")
def test_a_ray_that_another_user_runs_here_is_not_given_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever listens first at a port, or writes the file by which Ray finds itself, could be found for auto."""
    theirs, ours = socket.socketpair()
    child = os.fork()
    if not child:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        with socket.create_server(("127.0.0.1", 0)) as server:
            theirs.sendall(str(server.getsockname()[1]).encode())
            theirs.recv(1)
        os._exit(0)
    address = f"127.0.0.1:{ours.recv(10).decode()}"
    find: Callable[[str], str] = lambda text: address  # noqa: E731
    monkeypatch.setattr("ray._private.services.canonicalize_bootstrap_address", find)
    try:
        with pytest.raises(InputError, match=r"belongs to another user of this machine \(uid 65534\)"):
            ensure_ray_answers("auto")
        (told,) = [each for each in examine("auto", None) if each.subject == "cluster"]
        assert told.level == "FAIL"
        assert (
            f"(uid 65534), who would be given your token: if you mean it, write --address={address}"
            in told.message
        )
    finally:
        ours.sendall(b".")
        os.waitpid(child, 0)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("ray://head:10001", "address of Ray's client"),
        ("head", "write HOST:PORT"),
        (":6379", "write HOST:PORT"),
        ("head:ray", "write HOST:PORT"),
        ("no-such-host.invalid:6379", "no Ray at no-such-host.invalid:6379"),
        ("127.0.0.1:99999", "no Ray at 127.0.0.1:99999"),
        ("x" * 70 + ":1", "no Ray at"),
    ],
)
def test_what_is_no_address_is_refused(address: str, told: str) -> None:
    assert told in refusal(address)


def test_auto_asks_the_ray_that_ray_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    """$RAY_ADDRESS comes first; nothing listens there."""
    monkeypatch.setenv("RAY_ADDRESS", unused())
    assert "found for auto" in refusal("auto")


def test_auto_without_a_ray_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(address: str) -> str:
        raise ConnectionError("Could not find any running Ray instance. Please specify")

    find: Callable[[str], str] = none
    monkeypatch.setattr("ray._private.services.canonicalize_bootstrap_address", find)
    assert "no Ray runs on this machine (Could not find any running Ray instance)" in refusal("auto")
