"""Which network interface carries a node's address: the one that gloo and NCCL must use."""

from __future__ import annotations

import contextlib
import os
import socket
import struct

_SIOCGIFADDR = 0x8915  # Linux: the IPv4 address of an interface


def interface_of(address: str) -> str | None:
    """Name of this machine's interface with that IPv4 address; None if there is none, or not on Linux."""
    try:
        import fcntl
    except ImportError:  # handled: not Linux; gloo and NCCL choose themselves
        return None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _, name in socket.if_nameindex():
            with contextlib.suppress(OSError):  # handled: an interface without an address is not the one
                request = struct.pack("256s", name.encode()[:15])
                answer = fcntl.ioctl(probe.fileno(), _SIOCGIFADDR, request)
                if socket.inet_ntoa(answer[20:24]) == address:
                    return name
    return None


def choose_interface() -> None:
    """Has gloo and NCCL use the interface of this node's Ray address, unless the user chose one.

    They would resolve the host's own name, which is 127.0.0.1 on many machines, and never find their peers.
    Every Ray worker calls this as it starts.
    """
    import ray.util

    if interface := interface_of(ray.util.get_node_ip_address()):
        os.environ.setdefault("GLOO_SOCKET_IFNAME", interface)
        os.environ.setdefault("NCCL_SOCKET_IFNAME", f"={interface}")  # NCCL's names are prefixes without the =
