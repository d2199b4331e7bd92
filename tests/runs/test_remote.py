"""What comes from a store is bounded by what the store lists."""

from __future__ import annotations

from pathlib import Path

import pytest

from framecast.errors import InputError
from framecast.runs import remote
from framecast.runs.remote import Entry, Remote


@pytest.fixture
def store(tmp_path: Path) -> Remote:
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "a.bin").write_bytes(bytes(5000))
    return Remote(f"file://{tmp_path / 'store'}")


def test_a_file_may_have_grown_since_it_was_listed(store: Remote, tmp_path: Path) -> None:
    store.download("a.bin", tmp_path / "a.bin", tmp_path, Entry(4000, None))
    assert (tmp_path / "a.bin").stat().st_size == 5000


def test_a_store_that_sends_more_than_it_lists_leaves_nothing(
    store: Remote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "_GROWTH", 900)
    with pytest.raises(InputError, match=r"sends more of a\.bin at .* than the 4,000 bytes that it lists"):
        store.download("a.bin", tmp_path / "here" / "a.bin", tmp_path, Entry(4000, None))
    assert list((tmp_path / "here").iterdir()) == []


def test_a_file_beyond_the_limit_is_refused(
    store: Remote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRAMECAST_LIMIT_FETCHED_BYTES", "4K")
    for entry in (None, Entry(5000, None)):
        with pytest.raises(InputError, match="FRAMECAST_LIMIT_FETCHED_BYTES raises the limit"):
            store.download("a.bin", tmp_path / "here" / "a.bin", tmp_path, entry)
    assert list((tmp_path / "here").glob("*")) == []
    monkeypatch.setenv("FRAMECAST_LIMIT_DOCUMENT_BYTES", "4K")
    with pytest.raises(InputError, match=r"a\.bin at .* is longer than 4 KiB"):
        store.read("a.bin")
