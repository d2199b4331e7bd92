"""Where an embedded Ray keeps its sockets and logs: a folder that is short enough, and that it can write to."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from framecast.errors import InputError

_LONGEST_SOCKET = 103 if sys.platform == "darwin" else 107
"""Bytes in the path of a socket."""
_SOCKET = "/ray/session_2026-01-01_00-00-00_000000_0000000/sockets/dash_UsageStatsHead"
"""The longest that Ray makes below its folder."""


def ray_folder() -> tuple[str | None, str]:
    """The folder to give to Ray, None where its own choice will do; and what the user should know of it.

    Ray's choice is $RAY_TMPDIR, else $TMPDIR, else /tmp. Raises InputError where $RAY_TMPDIR cannot be used:
    who sets that means it.
    """
    chosen = os.environ.get("RAY_TMPDIR")
    if chosen:
        if why := _unusable(chosen):
            raise InputError(f"RAY_TMPDIR={chosen}: {why}; name another folder, or unset it")
        return None, ""
    wanted = os.environ.get("TMPDIR") or "/tmp"
    why = _unusable(wanted)
    if not why:
        return (None if "TMPDIR" not in os.environ or os.environ["TMPDIR"] else f"{wanted}/ray"), ""
    for place in (tempfile.gettempdir(), "/tmp", "/var/tmp"):
        for name in ("ray", f"ray-{os.getuid()}"):
            if not _unusable(place, name):
                folder = f"{place}/{name}"
                return (
                    folder,
                    f"Ray keeps its files in {folder}, for {wanted}: {why}; RAY_TMPDIR chooses another folder",
                )
    raise InputError(f"Ray finds no folder for its files ({wanted}: {why}): name a short one with RAY_TMPDIR")


def _unusable(place: str, name: str = "ray") -> str:
    """Why Ray could not keep its files in place/name; empty if it can."""
    longest = len(os.fsencode(place)) + len(_SOCKET) + len(name) - len("ray")
    if longest > _LONGEST_SOCKET:
        return f"its name is {longest - _LONGEST_SOCKET} bytes too long for the paths of sockets"
    if any(letter.isspace() for letter in place):
        return "Ray's commands do not survive blanks in a path"
    if not Path(place).is_dir():
        return "there is no such folder"
    folder = Path(place, name)
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        return f"it cannot be written to ({error.strerror or error})"
    return "" if os.access(folder, os.W_OK | os.X_OK) else f"{folder} cannot be written to"
