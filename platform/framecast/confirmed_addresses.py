"""Addresses to which this user's secrets may go: those that the environment or a command line has named.

A job, a plan or a folder of runs may name any address; such a file may come from another user. What the user has
named on a command line is noted outside of them, with the names of the variables that were sent there:

~/.local/state/framecast/addresses.json   {address: {"variables": [...]}}
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from urllib.parse import urlsplit

from framecast.bounded import read_json_object
from framecast.errors import InputError, without_credentials
from framecast.files import make_folder, write_atomically
from framecast.json_text import to_json
from framecast.user_folders import state_folder

_VARIABLE = "FRAMECAST_CONFIRMED_ADDRESSES"
"""What this process was given on its command line, for those that it starts."""
_NAMING = ("RAY_ADDRESS", "MLFLOW_TRACKING_URI", "FRAMECAST_RUNS")
"""Variables of the environment that name an address."""
_PORTS = {"http": 80, "https": 443}


def confirm(address: str, variables: Iterable[str] = ()) -> None:
    """Notes that the user has named an address, and that these variables may go there."""
    known = _normal(address)
    given = os.environ.get(_VARIABLE, "").split()
    if known not in given:
        os.environ[_VARIABLE] = " ".join([*given, known])
    noted = _noted()
    before = noted.get(known)
    names = sorted({*_names(before), *variables})
    if before is not None and names == _names(before):
        return
    noted[known] = {"variables": names}
    file = state_folder() / "addresses.json"
    try:
        make_folder(file.parent, mode=0o700)
        write_atomically(file, to_json(noted, indent=1))
    except (OSError, InputError):
        # handled: this process and those that it starts know it; a later command asks for the address again
        return


def is_confirmed(address: str) -> bool:
    """Whether the user has named the address: in the environment, on this command line or on an earlier one."""
    wanted = _normal(address)
    named = [_normal(value) for name in _NAMING if (value := os.environ.get(name, "").strip())]
    return wanted in named or wanted in os.environ.get(_VARIABLE, "").split() or wanted in _noted()


def confirmed_variables(address: str) -> set[str]:
    """Names of the variables that the user has sent to an address before."""
    return set(_names(_noted().get(_normal(address))))


def same_address(one: str, other: str) -> bool:
    """Whether two addresses are written differently and mean the same: case, default ports, a slash at the end."""
    return _normal(one) == _normal(other)


def _normal(address: str) -> str:
    """The one form of an address. Another user name, scheme, port or host is another address: 127.0.0.1 is not
    localhost, which may mean ::1. It holds no credentials, for it is written into a file."""
    text = without_credentials(address.strip())
    if "://" not in text:
        return text.lower().replace(" ", "%20")
    try:
        parts = urlsplit(text)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:  # handled: no address of a host; it is equal to itself only
        return text.replace(" ", "%20")
    scheme = parts.scheme.lower()
    user = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
    shown = f"[{host}]" if ":" in host else host
    port = port or _PORTS.get(scheme)
    query = f"?{parts.query}" if parts.query else ""
    whole = f"{scheme}://{user}{shown}{f':{port}' if port else ''}{parts.path.rstrip('/')}{query}"
    return whole.replace(" ", "%20")


def _noted() -> dict[str, object]:
    try:
        return read_json_object(state_folder() / "addresses.json")
    except (OSError, InputError):  # handled: nothing is noted that can be read, so nothing is confirmed by it
        return {}


def _names(entry: object) -> list[str]:
    names = entry.get("variables") if isinstance(entry, dict) else None
    return sorted(name for name in names if isinstance(name, str)) if isinstance(names, list) else []
