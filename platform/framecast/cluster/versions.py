"""What the sender of a job has installed, and how that differs from what is installed where it arrives."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from framecast.bounded.json_file import read_json_object
from framecast.files import write_atomically
from framecast.json_text import to_json
from framecast.registry.plugin_source import PluginSource

_PACKAGES = ("framecast", "torch", "ray", "deepspeed")


@dataclass(frozen=True)
class Versions:
    """Versions by package; `python` is the major and minor one."""

    python: str
    packages: dict[str, str | None]

    @classmethod
    def here(cls, plugins: Iterable[PluginSource]) -> Versions:
        """Those of this process: the packages that training rests on, and the distributions of these plugins."""
        names = dict.fromkeys([*_PACKAGES, *(each.distribution for each in plugins if each.distribution)])
        return cls(".".join(map(str, sys.version_info[:2])), {name: _version(name) for name in names})

    @classmethod
    def read(cls, file: Path) -> Versions:
        return cls(**read_json_object(file))

    def write(self, file: Path) -> None:
        write_atomically(file, to_json(asdict(self), indent=1))

    def compared_here(self) -> tuple[list[str], list[str]]:
        """What is missing here, and what differs: a line each, both in the words of the sender."""
        ours = ".".join(map(str, sys.version_info[:2]))
        missing, differing = [], []
        if ours != self.python:
            differing.append(f"Python is {ours} on the cluster, {self.python} here")
        for name, theirs in self.packages.items():
            found = _version(name)
            if theirs and not found:
                missing.append(
                    f"{name} {theirs} is not installed on the cluster: pip install {name}=={theirs} there"
                )
            elif theirs and _public(found) != _public(theirs):
                differing.append(f"{name} is {found} on the cluster, {theirs} here")
        return missing, differing


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:  # handled: not installed, which the comparison of versions tells
        return None


def _public(text: str | None) -> str:
    """Without the local part: 2.13.0+cpu and 2.13.0+cu130 are the same release."""
    return (text or "").partition("+")[0]
