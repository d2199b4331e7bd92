"""Where an embedded Ray keeps its sockets and logs: a folder with a short name that only this user can enter."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import tempfile
from pathlib import Path

from framecast.errors import InputError

_LONGEST_SOCKET = 103 if sys.platform == "darwin" else 107
"""Bytes in the path of a socket."""
_SOCKET = "/session_2026-01-01_00-00-00_000000_0000000/sockets/dash_UsageStatsHead"
"""The longest that Ray makes below its folder."""
_INNER = "ray"
"""Ray lets everybody write to its own folder: it is within one that others cannot enter."""


def ray_folder() -> tuple[str, str]:
    """The folder to give to Ray, and what the user should know of it.

    It is below $RAY_TMPDIR, else $TMPDIR, else /tmp. Raises InputError where $RAY_TMPDIR cannot be used: who sets
    that means it.
    """
    chosen = os.environ.get("RAY_TMPDIR")
    wanted = chosen or os.environ.get("TMPDIR") or "/tmp"
    folder, why = _private(wanted)
    if folder:
        return folder, ""
    if chosen:
        raise InputError(f"RAY_TMPDIR={chosen}: {why}; name another folder, or unset it")
    for place in (tempfile.gettempdir(), "/tmp", "/var/tmp"):
        folder, _ = _private(place)
        if folder:
            return (
                folder,
                f"Ray keeps its files in {folder}, for {wanted}: {why}; RAY_TMPDIR chooses another folder",
            )
    raise InputError(f"Ray finds no folder for its files ({wanted}: {why}): name a short one with RAY_TMPDIR")


def _private(place: str) -> tuple[str, str]:
    """The folder for Ray within `place`, which is made; or an empty one, and why there is none."""
    if any(letter.isspace() for letter in place):
        return "", "Ray's commands do not survive blanks in a path"
    if not Path(place).is_dir():
        return "", "there is no such folder"
    if _is_private(place) and not _excess(f"{place}/{_INNER}"):
        return _made(f"{place}/{_INNER}")
    own = f"{place}/ray-{_user()}"
    if (excess := _excess(f"{own}/{_INNER}")) > 0:
        return "", f"its name is {excess} bytes too long for the paths of sockets"
    try:
        with contextlib.suppress(FileExistsError):  # handled: it is looked at next
            os.mkdir(own, 0o700)
        if not _is_private(own):  # another user has taken the name, or it is this user's and open to others
            own = tempfile.mkdtemp(prefix="ray-", dir=place)
            if (excess := _excess(f"{own}/{_INNER}")) > 0:
                os.rmdir(own)
                return "", f"its name is {excess} bytes too long for the paths of sockets"
    except OSError as error:
        return "", f"it cannot be written to ({error.strerror or error})"
    return _made(f"{own}/{_INNER}")


def _made(folder: str) -> tuple[str, str]:
    try:
        Path(folder).mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        return "", f"it cannot be written to ({error.strerror or error})"
    if not os.access(folder, os.W_OK | os.X_OK):
        return "", f"{folder} cannot be written to"
    return folder, ""


def _excess(folder: str) -> int:
    """Bytes by which the longest path of a socket there is too long; 0 where it is not."""
    return max(0, len(os.fsencode(folder)) + len(_SOCKET) - _LONGEST_SOCKET)


def _is_private(folder: str) -> bool:
    """Whether it is a folder of this user that no other can enter."""
    if not hasattr(os, "getuid"):
        return True
    status = os.lstat(folder)
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o077


def _user() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else "user"
