"""What matters only where several machines work together: addresses, clocks, and who is let in."""

from __future__ import annotations

import os
from pathlib import Path

from framecast.launch.doctor.finding import Finding, fail, ok, warn
from framecast.launch.network import interface_of

_LARGEST_SKEW = 1.0
_TOKEN = Path("~/.ray/auth_token")


def interface(address: str, nodes: int) -> Finding:
    """The network interface that gloo and NCCL will use on this node."""
    subject = "network"
    if nodes > 1 and address.startswith("127."):
        remedy = "other nodes cannot reach it: ray start --node-ip-address=ADDRESS with the one in your network"
        return fail(subject, f"Ray knows this node as {address}", remedy)
    found = interface_of(address)
    if found is None:
        remedy = "if workers do not find each other: GLOO_SOCKET_IFNAME and NCCL_SOCKET_IFNAME before `ray start`"
        return warn(subject, f"no interface carries {address}", remedy)
    chosen = {name: os.environ.get(name) for name in ("GLOO_SOCKET_IFNAME", "NCCL_SOCKET_IFNAME")}
    own = [f"{name}={value}" for name, value in chosen.items() if value]
    if own:
        return ok(subject, f"{found} carries {address}; set here: {', '.join(own)}, which is used instead")
    return ok(subject, f"{found} carries {address}, gloo and NCCL will use it")


def clock(skew: float, uncertainty: float) -> Finding:
    """How far a node's clock is from the driver's, known to within `uncertainty` seconds."""
    if abs(skew) - uncertainty > _LARGEST_SKEW:
        ahead = "ahead of" if skew > 0 else "behind"
        message = f"{abs(skew):.1f} s {ahead} the driver's"
        return warn("clock", message, "start chrony or another NTP service there")
    return ok("clock", f"within {abs(skew) + uncertainty:.2f} s of the driver's")


def authentication(on_cluster: bool, token: Path = _TOKEN) -> Finding:
    """Whether Ray asks for a token. Ray takes it from $RAY_AUTH_TOKEN, $RAY_AUTH_TOKEN_PATH or the user's file."""
    from ray._private.authentication.authentication_utils import is_token_auth_enabled

    subject = "authentication"
    if not on_cluster:
        return ok(subject, "Ray that a run starts listens on this machine only")
    if not is_token_auth_enabled():
        remedy = "`ray get-auth-token --generate`, ~/.ray/auth_token to all nodes, RAY_AUTH_MODE=token everywhere"
        message = "off: whoever reaches the cluster's ports can run programs on it"
        return warn(subject, message, remedy)
    file = Path(os.path.expanduser(token))
    elsewhere = os.environ.get("RAY_AUTH_TOKEN") or os.environ.get("RAY_AUTH_TOKEN_PATH")
    if not elsewhere and file.exists() and file.stat().st_mode & 0o077:
        return warn(subject, f"on, but others can read {file}", f"chmod 600 {file}")
    return ok(subject, "on: Ray asks for a token")
