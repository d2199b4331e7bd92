"""environment.json: what a run ran on, for whoever wants to run it again."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any

_PACKAGES = ("framecast", "torch", "ray", "deepspeed", "pluggy", "pydantic", "numpy", "safetensors")


def environment() -> dict[str, Any]:
    """Versions and machine; imports none of the packages it names."""
    return {
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "cpu_cores": os.cpu_count(),
        "packages": {name: found for name in _PACKAGES if (found := _version(name))},
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
