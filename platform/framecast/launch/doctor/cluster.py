"""What matters only where several machines work together: addresses, clocks, and who is let in."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from framecast.counting import plural
from framecast.launch.doctor.check_result import CheckResult, fail, ok, warn
from framecast.launch.listening import Listener, listeners_of_ray
from framecast.launch.network import interface_of
from framecast.launch.ray_token import token_file

_LARGEST_SKEW = 1.0


def interface(address: str, nodes: int) -> CheckResult:
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


def clock(skew: float, uncertainty: float) -> CheckResult:
    """How far a node's clock is from the driver's, known to within `uncertainty` seconds."""
    if abs(skew) - uncertainty > _LARGEST_SKEW:
        ahead = "ahead of" if skew > 0 else "behind"
        message = f"{abs(skew):.1f} s {ahead} the driver's"
        return warn("clock", message, "start chrony or another NTP service there")
    return ok("clock", f"within {abs(skew) + uncertainty:.2f} s of the driver's")


def authentication(on_cluster: bool, token: Path | None = None) -> CheckResult:
    """Whether Ray asks for a token that others do not know. Ray takes it from $RAY_AUTH_TOKEN, from the file that
    $RAY_AUTH_TOKEN_PATH names, or from the user's own; a run on one host makes that, and always asks for it."""
    from ray._private.authentication.authentication_utils import is_token_auth_enabled

    subject = "authentication"
    if on_cluster and not is_token_auth_enabled():
        remedy = "`ray get-auth-token --generate`, ~/.ray/auth_token to all nodes, RAY_AUTH_MODE=token everywhere"
        message = "off: whoever reaches the cluster's ports can run programs on it"
        return warn(subject, message, remedy)
    file = token or token_file()
    if not os.environ.get("RAY_AUTH_TOKEN") and file.exists() and file.stat().st_mode & 0o077:
        mode = stat.S_IMODE(file.stat().st_mode)
        remedy = f"chmod 600 {file}; a new one if somebody may have read it"
        return warn(subject, f"on, but others can read {file} (mode {mode:03o})", remedy)
    if on_cluster:
        return ok(subject, "on: Ray asks for a token")
    return ok(subject, "Ray that a run starts asks for a token, and listens on this machine only")


def listening(on_cluster: bool, found: Sequence[Listener] | None = None) -> CheckResult:
    """Where this machine's Ray can be reached from, as far as this user may see whose ports are whose."""
    subject = "ports"
    ports = listeners_of_ray() if found is None else list(found)
    if not ports:
        return ok(subject, "no Ray of this user listens here")
    everywhere = [each for each in ports if each.everywhere]
    beyond = [each for each in ports if not each.only_here]
    if everywhere:
        remedy = (
            "keep them behind a firewall that only the nodes pass; --dashboard-host=127.0.0.1 for the dashboard"
        )
        return warn(subject, f"Ray listens on all interfaces: {_ports(everywhere)}", remedy)
    if beyond and not on_cluster:
        remedy = "if no other machine belongs to it: ray start --node-ip-address=127.0.0.1"
        return warn(subject, f"a Ray here can be reached from other machines: {_ports(beyond)}", remedy)
    if beyond:
        return ok(subject, f"Ray listens on {', '.join(sorted({each.address for each in beyond}))}")
    return ok(subject, f"Ray listens on this machine only, at {plural(len(ports), 'port')}")


def _ports(ports: Sequence[Listener]) -> str:
    shown = [f"{each.process} on {each.address}:{each.port}" for each in ports[:4]]
    return ", ".join(shown) + (f" and {len(ports) - 4} more" if len(ports) > 4 else "")
