"""What pytest knows of the kit in every session: its mark. `pytest -m conformance` runs all suites, and no
more."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Registers the mark, so that --strict-markers accepts it."""
    config.addinivalue_line("markers", "conformance: proves a framecast plugin right (framecast.testing)")
