"""environment.json: what a run ran on, for whoever wants to run it again."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

_PACKAGES = ("framecast", "torch", "ray", "deepspeed", "pluggy", "pydantic", "numpy", "safetensors")


def environment() -> dict[str, Any]:
    """Versions and machine; imports none of the packages it names."""
    return {
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "host": platform.node(),
        "cpu": _cpu_model(),
        "cpu_cores": os.cpu_count(),
        "packages": {name: found for name in _PACKAGES if (found := _version(name))},
    }


def _cpu_model() -> str:
    """As Linux tells it; elsewhere what the standard library knows."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):  # handled: not Linux; what the standard library knows is noted
        return platform.processor()


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:  # handled: not installed, and so not listed
        return None
