"""A folder that is written to, and one to which links lead."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def precious(tmp_path: Path) -> Path:
    """A folder of the user with one file, to which links lead."""
    folder = tmp_path / "precious"
    folder.mkdir()
    (folder / "thesis.tex").write_text("years of work")
    return folder


@pytest.fixture
def top(tmp_path: Path) -> Path:
    folder = tmp_path / "top"
    folder.mkdir()
    return folder
