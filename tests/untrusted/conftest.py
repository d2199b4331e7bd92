"""Attempts are counted, for the table that the run of the tests ends with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.untrusted.attempt import Attempt, Attempts, Reads


@pytest.fixture
def attempt_to_read(
    record_property: Callable[[str, object], None], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Reads, Path], Attempt]]:
    """Tries a reader on a file; the outcome is counted in the table."""
    monkeypatch.setenv("FRAMECAST_LIMIT_OPEN_SECONDS", "10")  # HDF5 loops on about one of 400 damaged files
    attempts = Attempts()

    def tried(reader: Reads, file: Path) -> Attempt:
        found = attempts.attempt(reader, file)
        record_property("untrusted", {**asdict(found), "text": found.text[-500:]})
        return found

    yield tried
    attempts.close()
