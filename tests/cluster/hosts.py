"""Several hosts on one machine: a Ray node in each of a few network namespaces, with addresses of their own.

Needs root and iproute2. Each host has a name and a mount namespace of its own too, so that a folder can be made
private to it. What happens to a host here, happens: its processes are killed, its link is taken down.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest


def why_not() -> str:
    """Why hosts cannot be made on this machine; empty if they can."""
    if shutil.which("ip") is None:
        return "iproute2's `ip` is not installed"
    made = subprocess.run(["ip", "netns", "add", "framecast-probe"], capture_output=True, text=True, check=False)
    if made.returncode:
        return f"network namespaces cannot be made here: {made.stderr.strip()}"
    subprocess.run(["ip", "netns", "del", "framecast-probe"], check=False)
    return ""


needs_hosts = pytest.mark.skipif(bool(why_not()), reason=why_not() or "hosts can be made")


@dataclass
class Host:
    """One host of the cluster. `private` folders are empty when Ray starts and seen by no other host."""

    number: int
    namespace: str
    address: str
    link: str
    cpus: int
    private: list[Path] = field(default_factory=list)

    def run(self, *command: str, **options: Any) -> subprocess.Popen[str]:
        """Starts a command on the host."""
        mounts = "".join(f"mount -t tmpfs -o size=512m none {folder} && " for folder in self.private)
        script = f'hostname {self.namespace} && {mounts} exec "$@"'
        line = ["ip", "netns", "exec", self.namespace, "unshare", "--uts", "sh", "-c", script, "sh", *command]
        return subprocess.Popen(line, text=True, **options)

    def processes(self) -> list[int]:
        found = subprocess.run(
            ["ip", "netns", "pids", self.namespace], capture_output=True, text=True, check=False
        )
        return [int(word) for word in found.stdout.split()]

    def processes_of(self, words: bytes) -> list[int]:
        """Those with these words in their command line."""
        return [process for process in self.processes() if words in _command_line(process)]

    def workers(self) -> list[int]:
        """The training processes on the host."""
        return self.processes_of(b"TrainWorker")

    def kill(self) -> None:
        """As when the power fails."""
        while processes := self.processes():
            for process in processes:
                with _already_gone():
                    os.kill(process, signal.SIGKILL)
            time.sleep(0.1)

    def cut(self) -> None:
        """Takes the host off the network; its processes go on."""
        _ip("link", "set", self.link, "down")

    def mend(self) -> None:
        _ip("link", "set", self.link, "up")


class Cluster:
    """A Ray cluster of such hosts; the first one is the head and the job server."""

    def __init__(self, hosts: int = 3, cpus: int = 1) -> None:
        self._ray = Path(tempfile.mkdtemp(prefix="fc-", dir="/tmp"))  # short: it holds sockets, whose paths are
        self._tag = f"fc{os.getpid() % 10000}"
        self._net = f"10.{100 + os.getpid() % 100}.{os.getpid() % 250}"
        self.hosts = [
            Host(number, f"{self._tag}-{number}", f"{self._net}.{number + 1}", f"{self._tag}v{number}", cpus)
            for number in range(hosts)
        ]
        for host in self.hosts:
            host.private.append(self._ray)
        self.environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "RAY_DISABLE_DOCKER_CPU_WARNING": "1",
            "RAY_health_check_initial_delay_ms": "2000",  # a node is dead after seconds, not a minute
            "RAY_health_check_period_ms": "1000",
            "RAY_health_check_timeout_ms": "2000",
            "RAY_health_check_failure_threshold": "3",
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": secrets.token_hex(16),
            "OMP_NUM_THREADS": "1",
        }
        self.environment.pop("RAY_ADDRESS", None)

    @property
    def head(self) -> Host:
        return self.hosts[0]

    @property
    def address(self) -> str:
        """Of the job server, reached from this machine as from anywhere outside."""
        return f"http://{self.head.address}:8265"

    def __enter__(self) -> Cluster:
        bridge = f"{self._tag}br"
        _ip("link", "add", bridge, "type", "bridge")
        _ip("addr", "add", f"{self._net}.254/24", "dev", bridge)
        _ip("link", "set", bridge, "up")
        for host in self.hosts:
            _ip("netns", "add", host.namespace)
            _ip("link", "add", host.link, "type", "veth", "peer", "name", "eth0", "netns", host.namespace)
            _ip("link", "set", host.link, "master", bridge, "up")
            for command in (
                ["addr", "add", f"{host.address}/24", "dev", "eth0"],
                ["link", "set", "eth0", "up"],
                ["link", "set", "lo", "up"],
            ):
                _ip("-n", host.namespace, *command)
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        for host in self.hosts:
            host.kill()
            _ip("netns", "del", host.namespace)
        _ip("link", "del", f"{self._tag}br")
        self._ray.rmdir()

    def start(self) -> None:
        """Ray on every host; the head first."""
        for host in self.hosts:
            self.start_on(host)

    def start_on(self, host: Host) -> None:
        if host is self.head:
            role = ["--head", "--port=6379", f"--dashboard-host={host.address}", "--include-dashboard=true"]
        else:
            role = [f"--address={self.head.address}:6379"]
        place = [f"--node-ip-address={host.address}", f"--num-cpus={host.cpus}", "--num-gpus=0"]
        place += [f"--temp-dir={self._ray}"] if host is self.head else []
        started = host.run(
            "ray", "start", *role, *place, "--object-store-memory=100000000", "--disable-usage-stats",
            env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        said, _ = started.communicate(timeout=120)
        assert started.returncode == 0, said


def _ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"ip {' '.join(arguments)}: {done.stderr}"


def _command_line(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""


class _already_gone:
    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> bool:
        return kind is not None and issubclass(kind, ProcessLookupError)
