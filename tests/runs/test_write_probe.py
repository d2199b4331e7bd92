"""Whether a place can hold runs."""

from __future__ import annotations

from pathlib import Path

from framecast.runs.url_folder import UrlFolder
from framecast.runs.write_probe import probe


def test_a_probe_leaves_nothing(any_url: str, tmp_path: Path) -> None:
    probe(any_url)
    assert UrlFolder(any_url).files() == {}
    probe(tmp_path / "new")
    assert list((tmp_path / "new").iterdir()) == []
