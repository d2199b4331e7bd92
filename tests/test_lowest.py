"""The lower bounds of pyproject.toml, which `make test-lowest` runs with."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_the_constraints_are_the_lower_bounds() -> None:
    made = subprocess.run(
        [sys.executable, ROOT / ".ci" / "lowest.py"], capture_output=True, text=True, check=True
    ).stdout
    assert (ROOT / "constraints-lowest.txt").read_text() == made, "python .ci/lowest.py > constraints-lowest.txt"


def test_what_is_installed_by_default_is_at_least_that() -> None:
    from packaging.version import Version

    def versions(name: str) -> dict[str, Version]:
        lines = (ROOT / name).read_text().splitlines()
        pairs = (line.split("==") for line in lines if "==" in line and not line.startswith("#"))
        return {package.lower().replace("_", "-"): Version(version) for package, version in pairs}

    lowest, pinned = versions("constraints-lowest.txt"), versions("constraints.txt")
    assert all(lowest[name] <= pinned[name] for name in lowest if name in pinned)
