"""The doctor's round: all checks on this machine, or on each node of a cluster side by side."""

from __future__ import annotations

import dataclasses
import logging
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from framecast.counting import plural
from framecast.errors import InputError
from framecast.launch.doctor import cluster
from framecast.launch.doctor.accelerators import driver_cuda, gpus, operators
from framecast.launch.doctor.check_result import CheckResult, fail, in_line, ok, warn
from framecast.launch.doctor.machine import cores, memory, open_files, shared_memory
from framecast.launch.doctor.software import Versions, differing, software, versions
from framecast.launch.doctor.storage import Storage, leave_word, sees_word, shared, storage
from framecast.launch.ray_address import find_own_ray
from framecast.registry.registry import Registry
from framecast.runs.roots import DEFAULT_ROOT

_PATIENCE = 120.0  # seconds for all nodes together


def examine(address: str | None, named: str | None) -> list[CheckResult]:
    """The findings for this machine, or for the cluster at `address`, with runs kept in `named`; where that is
    None, in the folder that a run would make here."""
    if address is None:
        return _examine_here(named or DEFAULT_ROOT, on_cluster=False)[1]
    if address == "auto":
        try:
            address = find_own_ray("--address")  # the token would be sent to another user's
        except InputError as error:
            here = _examine_here(named or DEFAULT_ROOT, on_cluster=False)[1]
            return [*here, fail("cluster", f"cannot join Ray at auto: {error}", "see docs/clusters.md")]
    try:
        with _joined(address):
            return _examine_cluster(named)
    except _NoClusterError as error:
        remedy = "start it here with `ray start --head`, or --address=HEAD:6379 to join one; see docs/clusters.md"
        here = _examine_here(named or DEFAULT_ROOT, on_cluster=False)[1]
        return [*here, fail("cluster", f"cannot join Ray at {address}: {error}", remedy)]


class NodeDoctor:
    """The doctor on one node: an actor pinned there."""

    def clock(self) -> float:
        return time.time()

    def examine(self, named: str | None, address: str, nodes: int) -> tuple[Versions, list[CheckResult]]:
        found, findings = _examine_here(named, on_cluster=True)
        return found, [*findings, cluster.interface(address, nodes)]

    def sees_word(self, named: str, name: str, word: str) -> str:
        return sees_word(Storage(named), name, word)


class _NoClusterError(Exception):
    pass


def _examine_here(named: str | None, on_cluster: bool) -> tuple[Versions, list[CheckResult]]:
    """Storage is not examined where no place is named."""
    registry = Registry.discover()
    found = versions(registry)
    findings = [
        *software(found, registry),
        cores(),
        memory(),
        *(gpus(driver_cuda()) if "torch" in found else []),
        *([operators()] if "deepspeed" in found else []),
        shared_memory(),
        open_files(on_cluster),
        *(storage(Storage(named), on_cluster) if named else []),
        *([cluster.authentication(on_cluster), cluster.listening(on_cluster)] if "ray" in found else []),
    ]
    return found, findings


def _examine_cluster(named: str | None) -> list[CheckResult]:
    """Asks all nodes at once; one that cannot answer is itself a finding."""
    import ray

    nodes = _nodes()
    unnamed = unnamed_storage(len(nodes)) if named is None else []
    doctors = {node: _doctor_on(entry["NodeID"]) for node, entry in nodes.items()}
    asked = {
        node: doctor.examine.remote(named, nodes[node]["NodeManagerAddress"], len(nodes))
        for node, doctor in doctors.items()
    }
    ray.wait(list(asked.values()), num_returns=len(asked), timeout=_PATIENCE)
    findings = [ok("cluster", f"{plural(len(nodes), 'node')}: {', '.join(nodes)}")]
    found: dict[str, Versions] = {}
    for node, answer in asked.items():
        try:
            found[node], those = ray.get(answer, timeout=0.1)
            those.append(_clock_of(doctors[node]))
        except Exception as error:  # Ray wraps what was raised there: no framecast, another Python, a dead node
            late = isinstance(error, ray.exceptions.GetTimeoutError)
            why = f"no answer within {_PATIENCE:.0f} seconds" if late else in_line(error)
            remedy = "install the same framecast there and look at its raylet.err and worker logs"
            those = [fail("node", f"cannot be examined: {why}", remedy)]
        findings += [dataclasses.replace(each, node=node) for each in those]
    findings += [*unnamed, *differing(found)]
    return [*findings, *_shared(named, {node: doctors[node] for node in found})] if named else findings


def unnamed_storage(nodes: int) -> list[CheckResult]:
    """Where no place is named, the folder that a run would make here is examined for the only node; several nodes
    would each have a folder of that name, which says nothing of the one that they have to share."""
    if nodes == 1:
        return storage(Storage(DEFAULT_ROOT), on_cluster=False)
    remedy = "name the folder or URL that all nodes share: --storage /shared/runs, or FRAMECAST_RUNS"
    return [warn("storage", f"not checked: {nodes} nodes need one place for runs", remedy)]


def _nodes() -> dict[str, dict[str, Any]]:
    """The nodes that are alive by address; namesakes, which only tests have, by their ids too."""
    import ray

    alive = [entry for entry in ray.nodes() if entry["Alive"]]
    addresses = [entry["NodeManagerAddress"] for entry in alive]
    return {
        address if addresses.count(address) == 1 else f"{address}/{entry['NodeID'][:6]}": entry
        for address, entry in zip(addresses, alive, strict=True)
    }


def _doctor_on(node_id: str) -> Any:
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    there = NodeAffinitySchedulingStrategy(node_id=node_id, soft=False)
    return ray.remote(NodeDoctor).options(num_cpus=0, scheduling_strategy=there).remote()


def _clock_of(doctor: Any) -> CheckResult:
    """Of a doctor that has answered before: a process that has yet to start would make the way long."""
    import ray

    began = time.time()
    there = ray.get(doctor.clock.remote(), timeout=_PATIENCE)
    ended = time.time()
    return cluster.clock(there - (began + ended) / 2, (ended - began) / 2)


def _shared(named: str, doctors: dict[str, Any]) -> list[CheckResult]:
    import ray

    place = Storage(named)
    try:
        name, word = leave_word(place)
    except Exception:  # handled: the driver's own node has reported it already
        return []
    try:
        asked = {node: doctor.sees_word.remote(named, name, word) for node, doctor in doctors.items()}
        wrong = {}
        for node, answer in asked.items():
            try:
                wrong[node] = ray.get(answer, timeout=_PATIENCE)
            except Exception as error:  # the node is lost meanwhile, or its mount hangs
                wrong[node] = in_line(error)
        return [shared(place, wrong)]
    finally:
        place.remove(name)


@contextmanager
def _joined(address: str) -> Iterator[None]:
    import ray

    host, _, port = address.rpartition(":")
    try:
        if host:  # Ray itself would try for a minute
            socket.create_connection((host, int(port)), timeout=5).close()
        ray.init(address=address, log_to_driver=False, logging_level=logging.WARNING)
    except Exception as error:  # Ray raises ConnectionError, RuntimeError, ValueError and types of its own
        raise _NoClusterError(in_line(error)) from None
    try:
        yield
    finally:
        ray.shutdown()
