"""Whether there is a Ray at an address: asked in seconds, for Ray itself tries for many minutes."""

from __future__ import annotations

import contextlib
import os
import socket
from importlib import import_module

from framecast.confirmed_addresses import is_confirmed
from framecast.errors import InputError
from framecast.launch.listening import listeners
from framecast.plain_text import plain

_PATIENCE = 5.0
_GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
"""The preface of HTTP/2 and empty settings: what speaks gRPC, as Ray does, answers with its own settings."""
_SETTINGS = 4


def ensure_ray_answers(address: str) -> None:
    """Raises InputError that names who named the address, where no Ray answers there, it is of another kind, or
    the user has not named it: a token would be sent there."""
    named = f"{address}, named by {_namer(address)}"
    if address.startswith("ray://"):
        raise InputError(
            f"{named}: that is the address of Ray's client, which cannot train. Write http://HEAD:8265 to send "
            f"the job "
            "to the cluster, or, on a machine of the cluster, HEAD:6379 or auto"
        )
    found = address == "auto"
    if found:
        address = find_own_ray()
        named = f"{address}, found for auto"
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise InputError(f"{named}: write HOST:PORT of a Ray, auto, or http://HEAD:8265")
    if not found and not is_confirmed(address):
        raise InputError(
            f"only a file names the Ray at {plain(address)}: nothing is sent there. If it is yours, name it on "
            f"the command line, compute.address={plain(address)}, or in RAY_ADDRESS"
        )
    if why := _silence(host.strip("[]"), int(port)):
        way_out = "start one there with `ray start --head`, or train on this machine without it"
        if _namer(address).startswith("$"):
            way_out = "unset RAY_ADDRESS to train on this machine, or start one there with `ray start --head`"
        raise InputError(f"no Ray at {named}: {why}; {way_out}")


def _namer(address: str) -> str:
    return "$RAY_ADDRESS" if os.environ.get("RAY_ADDRESS", "").strip() == address else "compute.address"


def find_own_ray(setting: str = "compute.address") -> str:
    """The address of the Ray on this machine, for a `setting` that is auto. Raises InputError where there is none,
    or it is another user's."""
    address = _found_by_ray(setting)
    _ensure_own_ray(address, setting)
    return address


def _ensure_own_ray(address: str, setting: str) -> None:
    """Raises InputError where the Ray that was found on this machine is another user's: who writes the file by
    which Ray finds it, or listens at its port, would be given the token."""
    if is_confirmed(address) or os.environ.get("RAY_ADDRESS", "").strip() or not hasattr(os, "getuid"):
        return
    port = address.rpartition(":")[2]
    owners = [each.uid for each in listeners() if str(each.port) == port]
    file = import_module("ray._private.utils").get_ray_address_file(None)
    with contextlib.suppress(OSError):  # handled: Ray has found it by its process
        owners.append(os.lstat(file).st_uid)
    strange = [uid for uid in owners if uid not in (os.getuid(), 0)]
    if strange:
        raise InputError(
            f"the Ray at {address}, found for auto, belongs to another user of this machine (uid {strange[0]}), "
            f"who would be given your token: if you mean it, write {setting}={address} on the command line"
        )


def _found_by_ray(setting: str) -> str:
    """What Ray takes `auto` for: $RAY_ADDRESS, or the Ray that runs on this machine."""
    try:
        found = import_module("ray._private.services").canonicalize_bootstrap_address("auto")
    except (ConnectionError, ValueError) as error:
        raise InputError(
            f"{setting} is auto, and no Ray runs on this machine ({str(error).split('. ')[0]}): start one with "
            "`ray start --head`, or leave the address out"
        ) from None
    if not found:
        raise InputError(f"{setting} is auto, and no Ray runs on this machine: leave the address out")
    return str(found)


def _silence(host: str, port: int) -> str:
    """Why no Ray answers; empty where one does."""
    try:
        with socket.create_connection((host, port), timeout=_PATIENCE) as connection:
            connection.sendall(_GREETING)
            answer = connection.recv(9)
    except TimeoutError:  # handled: reported as the reason why there is no Ray
        return f"no answer within {_PATIENCE:g} s"
    except (OSError, UnicodeError, OverflowError) as error:  # a host that is no name, a port that is no port
        return (getattr(error, "strerror", None) or str(error)).lower()
    if len(answer) > 3 and answer[3] == _SETTINGS:
        return ""
    return "what answers there is not Ray"
