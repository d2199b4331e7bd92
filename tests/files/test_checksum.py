"""Checksums tell a damaged file from one that may not be read."""

from __future__ import annotations

import hashlib
from pathlib import Path

from framecast.files import (
    checksum,
    has_checksum,
)


def test_only_the_same_content_has_the_checksum(top: Path, precious: Path) -> None:
    (top / "file").write_text("years of work")
    expected = checksum(top / "file")
    assert expected == hashlib.sha256(b"years of work").hexdigest()
    assert has_checksum(top / "file", expected, top)
    (top / "file").write_text("years of  work")
    assert not has_checksum(top / "file", expected, top)


def test_a_link_and_a_missing_file_have_no_checksum(top: Path, precious: Path) -> None:
    expected = checksum(precious / "thesis.tex")
    (top / "link").symlink_to(precious / "thesis.tex")
    assert not has_checksum(top / "link", expected, top)
    assert not has_checksum(top / "missing", expected, top)
