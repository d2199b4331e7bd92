"""The token of the Ray that a run starts: no other user of this machine gets in without it."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from framecast.errors import InputError

_MODE = "RAY_AUTH_MODE"
_LOOPBACK_ONLY = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"
"""What makes Ray take 127.0.0.1 for an address of its own; by default it does so on Windows and macOS only."""
_SHORTEST = 16
"""Characters of a token; a shorter one may be guessed."""


def ensure_token() -> str:
    """Sees to it that there is a token for Ray that only this user can read. Returns what the user should know of
    it; empty where there is nothing to say.

    Ray takes it from $RAY_AUTH_TOKEN, else from the file that $RAY_AUTH_TOKEN_PATH names, else from
    ~/.ray/auth_token, which is made where it is not there: Ray would make it readable for everybody. Raises
    InputError where that cannot be done.
    """
    if token := os.environ.get("RAY_AUTH_TOKEN"):
        if len(token) < _SHORTEST:
            raise InputError(
                f"RAY_AUTH_TOKEN is shorter than {_SHORTEST} characters: unset it, or write a longer one"
            )
        return ""
    file = token_file()
    try:
        if not os.environ.get("RAY_AUTH_TOKEN_PATH"):
            _make(file)
        return _closed_to_others(file)
    except OSError as error:
        raise InputError(
            f"Ray needs a token in {file}, which cannot be used ({error.strerror or error}): name another file "
            "with RAY_AUTH_TOKEN_PATH"
        ) from None


def token_file() -> Path:
    """The file from which Ray reads its token, whether or not it is there."""
    chosen = os.environ.get("RAY_AUTH_TOKEN_PATH")
    return Path(os.path.expanduser(chosen or "~/.ray/auth_token"))


@contextlib.contextmanager
def only_for_this_user() -> Iterator[str]:
    """While the body runs, a Ray that is started asks for a token and listens on the loopback interface only.

    Yields what the user should know. Ray takes both from the environment, which its processes inherit.
    """
    notice = ensure_token()
    if os.environ.get(_MODE, "token").lower() != "token":
        more = f"{_MODE}={os.environ[_MODE]} is for clusters; the Ray of this run asks for a token all the same"
        notice = f"{notice}; {more}" if notice else more
    before = {name: os.environ.get(name) for name in (_MODE, _LOOPBACK_ONLY)}
    os.environ.update({_MODE: "token", _LOOPBACK_ONLY: "0"})
    constants: Any = import_module("ray._private.ray_constants")
    clusters = constants.ENABLE_RAY_CLUSTER
    constants.ENABLE_RAY_CLUSTER = False  # as the variable says, also where Ray had been imported before
    _read_environment()
    try:
        yield notice
    finally:
        constants.ENABLE_RAY_CLUSTER = clusters
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
        _read_environment()


def _read_environment() -> None:
    """Has Ray look again at its mode and its token, which it keeps in this process."""
    raylet = import_module("ray._raylet")
    raylet.Config.initialize("")
    raylet.AuthenticationTokenLoader.instance().reset_cache()


def _make(file: Path) -> None:
    """Makes the file whole and for this user only, unless it is there. Raises OSError."""
    if os.path.lexists(file):
        return
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
    try:
        with os.fdopen(descriptor, "w") as stream:
            stream.write(secrets.token_hex(32))
        with contextlib.suppress(FileExistsError):  # handled: another run has made it meanwhile, and it is used
            os.link(beside, file)
    finally:
        os.unlink(beside)


def _closed_to_others(file: Path) -> str:
    """Takes the rights of others from a file of this user. Raises OSError where it cannot be read, InputError
    where it is another user's, or too short."""
    descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(descriptor, "rb") as stream:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise InputError(f"Ray's token is read from {file}, which is no file")
        if len(stream.read(4096).strip()) < _SHORTEST:
            raise InputError(
                f"Ray's token in {file} is shorter than {_SHORTEST} characters: remove it, and a run makes one"
            )
        if sys.platform == "win32":
            return ""
        if status.st_uid not in (os.getuid(), 0):
            raise InputError(
                f"Ray's token in {file} belongs to another user, who knows it: remove it, and a run makes one"
            )
        if not status.st_mode & 0o077:
            return ""
        os.fchmod(descriptor, 0o600)
    return (
        f"other users could read Ray's token in {file} until now (mode {stat.S_IMODE(status.st_mode):03o}); it is "
        "600 now. If one of them may have read it, remove the file: the next run makes a new one"
    )
