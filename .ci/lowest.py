"""Prints the lowest versions that pyproject.toml allows: `python .ci/lowest.py > constraints-lowest.txt`."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_REQUIREMENT = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?>=([^\s;,]+)")


def lowest() -> list[str]:
    """A constraint for each dependency and each of the extras that plugins need; not for tools of developers."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    requirements = [*project["dependencies"], *(each for name in extras if name != "dev" for each in extras[name])]
    found = [_REQUIREMENT.match(each) for each in requirements]
    missing = [each for each, match in zip(requirements, found, strict=True) if match is None]
    if missing:
        raise SystemExit(f"pyproject.toml: no lower bound in {', '.join(missing)}")
    return [f"{match[1]}=={match[2]}" for match in found if match]


if __name__ == "__main__":
    print(
        "# The lowest versions that pyproject.toml allows; make test-lowest runs with them. Made by .ci/lowest.py."
    )
    print(*lowest(), sep="\n")
