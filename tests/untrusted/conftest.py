"""Attempts are counted, for the table that the run of the tests ends with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

import pytest
from attempt import Attempt, attempt

_LIBRARIES = ("av", "netCDF4", "torch", "xarray", "zarr", "framecast.report.page", "framecast.evaluation.subject")


@pytest.fixture
def attempt_to_read(
    request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> Callable[..., Attempt]:
    """`attempt`, whose outcome is counted in the table."""
    if request.node.get_closest_marker("untrusted"):
        for name in _LIBRARIES:  # once, and not in each process
            import_module(name)

    def tried(reader: str, read: Callable[[Path], str | None], file: Path) -> Attempt:
        found = attempt(reader, read, file)
        record_property("untrusted", {**asdict(found), "text": found.text[-500:]})
        return found

    return tried
