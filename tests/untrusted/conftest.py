"""Attempts are counted, for the table that the run of the tests ends with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest
from attempt import Attempt, attempt


@pytest.fixture
def attempt_to_read(record_property: Callable[[str, object], None]) -> Callable[..., Attempt]:
    """`attempt`, whose outcome is counted in the table."""

    def tried(reader: str, read: Callable[[Path], str | None], file: Path) -> Attempt:
        found = attempt(reader, read, file)
        record_property("untrusted", {**asdict(found), "text": found.text[-500:]})
        return found

    return tried
