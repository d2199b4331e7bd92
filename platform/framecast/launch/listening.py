"""Which TCP ports of this machine are listened on, by whom, and from where they can be reached."""

from __future__ import annotations

import ipaddress
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_LISTENING = "0A"
_RAY = (
    "gcs_server",
    "raylet",
    "ray::",
    "/ray/dashboard/",
    "/ray/_private/",
    "/ray/autoscaler/",
    "/ray/util/client/",
)
"""What the command lines of Ray's processes have in them."""


@dataclass(frozen=True)
class Listener:
    """`address` is 0.0.0.0 or :: for all interfaces; `process` and `pid` are those of Ray's processes."""

    address: str
    port: int
    uid: int
    process: str = ""
    pid: int = 0

    @property
    def everywhere(self) -> bool:
        """Whether it listens on all interfaces."""
        return ipaddress.ip_address(self.address).is_unspecified

    @property
    def only_here(self) -> bool:
        """Whether it can be reached from this machine only."""
        return ipaddress.ip_address(self.address).is_loopback


def listeners() -> Iterator[Listener]:
    """All of this machine, without the names of their processes; none where the system does not say."""
    for address, port, uid, _ in _table():
        yield Listener(address, port, uid)


def listeners_of_ray() -> list[Listener]:
    """Those of Ray's processes, as far as this user may see whose they are."""
    names = _names_by_socket()
    found = [
        Listener(address, port, uid, *names[inode]) for address, port, uid, inode in _table() if inode in names
    ]
    return sorted(found, key=lambda each: (each.process, each.port))


def _table() -> Iterator[tuple[str, int, int, str]]:
    """(address, port, uid, number of the socket) of each."""
    for file in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(file).read_text().splitlines()[1:]
        except OSError:  # handled: not Linux, or no IPv6
            continue
        for line in lines:
            words = line.split()
            if len(words) > 9 and words[3] == _LISTENING:
                address, _, port = words[1].rpartition(":")
                yield _address(address), int(port, 16), int(words[7]), words[9]


def _address(text: str) -> str:
    """As Linux writes it: words of 32 bits, each in the machine's own order of bytes."""
    words = [int(text[start : start + 8], 16) for start in range(0, len(text), 8)]
    found = ipaddress.ip_address(struct.pack(f"={len(words)}I", *words))
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return str(mapped or found)


def _names_by_socket() -> dict[str, tuple[str, int]]:
    """The name and the id of the Ray process that has each socket open, for those that this user may look at."""
    found: dict[str, tuple[str, int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
            name = next((_short(words, mark) for mark in _RAY if any(mark in word for word in words[:4])), "")
            if not name:
                continue
            for link in os.scandir(folder / "fd"):
                target = os.readlink(link.path)
                if target.startswith("socket:["):
                    found[target[8:-1]] = name, int(folder.name)
        except OSError:  # handled: it has ended, or is another user's
            continue
    return found


def _short(words: list[str], mark: str) -> str:
    word = next(word for word in words if mark in word)
    return word.split()[0] if mark == "ray::" else Path(word).name
