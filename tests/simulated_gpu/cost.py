"""Counts of what a piece of code costs on a GPU, by what was done and where in the project."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import torch


@dataclass(frozen=True)
class Place:
    """A line of the project, as `scan.py:41`; `file` is "autograd" where torch itself asked."""

    file: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


Counts = Counter[tuple[str, Place]]
"""By the name of the operation, of the cause of a wait, or of the direction of a copy."""


@dataclass
class Cost:
    """`traffic` is in bytes: what operations read and write if nothing stays in a cache. `copied` are the bytes
    between host and device, "up" and "down". `dtypes` has the launches by operation and number format of the first
    floating-point input."""

    launches: Counts = field(default_factory=Counter)
    traffic: Counts = field(default_factory=Counter)
    waits: Counts = field(default_factory=Counter)
    copied: Counts = field(default_factory=Counter)
    dtypes: Counter[tuple[str, torch.dtype]] = field(default_factory=Counter)

    def report(self) -> str:
        """The waits, the copies, and each file's launches and traffic, the largest first."""
        launches, traffic = by_file(self.launches), by_file(self.traffic)
        return "\n".join(
            [
                *(f"{count} x {cause} at {place}" for (cause, place), count in self.waits.most_common()),
                *(f"{size} bytes {way} at {place}" for (way, place), size in self.copied.most_common()),
                *(f"{file}: {count} launches, {traffic[file]} bytes" for file, count in launches.most_common()),
            ]
        )


def by_file(counts: Counts) -> Counter[str]:
    """The counts of each file of the project."""
    sums: Counter[str] = Counter()
    for (_, place), count in counts.items():
        sums[place.file] += count
    return sums


def by_name(counts: Counts) -> Counter[str]:
    """The counts of each operation, cause or direction."""
    sums: Counter[str] = Counter()
    for (name, _), count in counts.items():
        sums[name] += count
    return sums
