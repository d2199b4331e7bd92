"""Pairs of runs, side by side on one machine: the medians, and the ratio pair by pair."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]


def compared(name: str, unit: str, ours: Callable[[], float], bare: Callable[[], float], pairs: int) -> float:
    """Measures the two in turn, prints both medians and the median ratio ours / bare, and returns the latter."""
    results = []
    for number in range(pairs):
        # the order changes, so that neither always follows the other
        first, second = (ours, bare) if number % 2 == 0 else (bare, ours)
        values = {first: first(), second: second()}
        results.append((values[ours], values[bare]))
        print(f"  {name}, pair {number + 1}: {results[-1][0]:.3f} and {results[-1][1]:.3f} {unit}", flush=True)
    ratios = [mine / other for mine, other in results]
    mine, other = (statistics.median(column) for column in zip(*results, strict=True))
    print(
        f"{name}: {mine:.3f} {unit}, bare {other:.3f} {unit}, ratio {statistics.median(ratios):.3f} "
        f"(from {min(ratios):.3f} to {max(ratios):.3f}, {pairs} pairs)",
        flush=True,
    )
    return statistics.median(ratios)


def run(command: list[str], **environment: str) -> tuple[float, str]:
    """Runs a Python command of the project's own environment; seconds it took, and what it printed."""
    began = time.time()
    done = subprocess.run(
        [sys.executable, *command],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        env={**os.environ, **environment},
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}\n{done.stderr}")
    return time.time() - began, done.stdout


def machine() -> str:
    """The machine in a line."""
    return f"{os.cpu_count()} CPU cores, {platform.machine()}, Python {platform.python_version()}"
