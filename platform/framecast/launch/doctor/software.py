"""Which versions are installed, which plugins cannot be loaded, and what differs between nodes."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

from framecast.command_line import command
from framecast.launch.doctor.check_result import CheckResult, fail, ok, warn
from framecast.registry.registry import Registry

_PACKAGES = ("framecast", "torch", "ray", "deepspeed")

Versions = dict[str, str]
"""The version of each package that there is."""


def versions(registry: Registry) -> Versions:
    """Python, what training rests on, and the distributions of the installed plugins."""
    names = [*_PACKAGES, *(each.source.distribution for each in registry.names() if each.source.distribution)]
    found = {name: number for name in dict.fromkeys(names) if (number := _version(name))}
    return {"Python": ".".join(map(str, sys.version_info[:3])), **found}


def software(found: Versions, registry: Registry) -> list[CheckResult]:
    """A line for each package, one for all plugins that are sound, and one for each that is broken."""
    findings = [ok("Python", found["Python"]), *(_package(name, found.get(name)) for name in _PACKAGES)]
    registry.known()  # imports our own, which are then loaded or broken
    results = registry.verify()
    sound = [str(source) for source, result in results.items() if not result.error]
    findings.append(ok("plugins", ", ".join([f"{len(registry.loaded)} that come with framecast", *sound])))
    broken = registry.broken | {source: result.error for source, result in results.items() if result.error}
    for source, why in broken.items():
        remedy = f"reinstall it: jobs that need it fail; {command('plugins', 'check', source.module)} says more"
        findings.append(warn("plugins", f"{source} cannot be loaded: {why}{source.in_brackets}", remedy))
    return [*findings, *(warn("plugins", note, "reinstall it") for note in registry.notes)]


def differing(by_node: Mapping[str, Versions]) -> list[CheckResult]:
    """A line for each package that is not the same on all nodes."""
    findings = []
    for name in dict.fromkeys(name for each in by_node.values() for name in each):
        nodes: dict[str, list[str]] = {}
        for node, found in by_node.items():
            nodes.setdefault(found.get(name, "missing"), []).append(node)
        if len(nodes) == 1:
            continue
        message = "; ".join(f"{number} on {', '.join(where)}" for number, where in nodes.items())
        if len({number.partition("+")[0] for number in nodes}) == 1:
            remedy = "fine where only some nodes have GPUs; else install the same build everywhere"
            findings.append(warn(name, message, remedy))
        else:
            findings.append(fail(name, message, "install the same everywhere: pip install -c constraints.txt"))
    return findings


def _package(name: str, number: str | None) -> CheckResult:
    if number:
        return ok(name, number)
    if name == "deepspeed":  # which has no packages for macOS
        return warn(name, "not installed", "pip install deepspeed, or write training.strategy=torch in jobs")
    return fail(name, "not installed", f"pip install {name}")


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:  # handled: not installed, which the finding says
        return None
