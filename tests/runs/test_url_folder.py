"""A folder at a URL: what comes from a store is bounded by what it lists, and what fails is one sentence."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from framecast.bounded import regular_file
from framecast.errors import InputError
from framecast.runs import url_folder
from framecast.runs.url_folder import StoredFile, UrlFolder
from framecast.runs.working_copy import pull_all, working_copy
from framecast.runs.write_probe import probe
from tests.runs.mirrored_runs import (
    mirror_of,
    new_run,
)


@pytest.fixture
def store(tmp_path: Path) -> UrlFolder:
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "a.bin").write_bytes(bytes(5000))
    return UrlFolder(f"file://{tmp_path / 'store'}")


def test_a_file_may_have_grown_since_it_was_listed(store: UrlFolder, tmp_path: Path) -> None:
    store.download("a.bin", tmp_path / "a.bin", tmp_path, StoredFile(4000, None))
    assert (tmp_path / "a.bin").stat().st_size == 5000


def test_a_store_that_sends_more_than_it_lists_leaves_nothing(
    store: UrlFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(url_folder, "_GROWTH", 900)
    with pytest.raises(InputError, match=r"sends more of a\.bin at .* than the 4,000 bytes that it lists"):
        store.download("a.bin", tmp_path / "here" / "a.bin", tmp_path, StoredFile(4000, None))
    assert list((tmp_path / "here").iterdir()) == []


def test_a_file_beyond_the_limit_is_refused(
    store: UrlFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRAMECAST_LIMIT_FETCHED_BYTES", "4K")
    for entry in (None, StoredFile(5000, None)):
        with pytest.raises(InputError, match="FRAMECAST_LIMIT_FETCHED_BYTES raises the limit"):
            store.download("a.bin", tmp_path / "here" / "a.bin", tmp_path, entry)
    assert list((tmp_path / "here").glob("*")) == []
    monkeypatch.setenv("FRAMECAST_LIMIT_DOCUMENT_BYTES", "4K")
    with pytest.raises(InputError, match=r"a\.bin at .* is longer than 4 KiB"):
        store.read("a.bin")


def test_a_file_that_grows_while_it_is_sent_arrives_as_it_was(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run = new_run(url)
    events = run.path / "events.jsonl"
    monkeypatch.setattr(regular_file, "PIECE", 64)
    line = b"x" * 99 + b"\n"
    events.write_bytes(line * 100)
    ended = threading.Event()

    def grow() -> None:
        while not ended.is_set():
            with open(events, "ab") as stream:
                stream.write(line)

    writer = threading.Thread(target=grow)
    writer.start()
    mirror = mirror_of(run.path)
    try:
        for _ in range(5):
            mirror.push_files()
            arrived = mirror.store.read("events.jsonl")
            assert arrived
            assert events.read_bytes().startswith(arrived)
    finally:
        ended.set()
        writer.join()
    mirror.push_files()
    assert mirror.store.read("events.jsonl") == events.read_bytes()


@pytest.mark.parametrize(
    "url",
    [
        "s3://AKIAEXAMPLE:hidden@bucket/runs",
        "s3://AKIAEXAMPLE:hid/den@bucket/runs",
        "s3://bucket/runs?secret_key=hidden",
        "ftp://somebody:hidden@host/runs",
    ],
)
def test_credentials_in_a_url_are_refused_and_not_repeated(url: str, tmp_path: Path) -> None:
    for use in (UrlFolder, working_copy, probe, pull_all):
        with pytest.raises(InputError, match="environment") as error:
            use(url)
        assert "hid" not in str(error.value)
    assert not (tmp_path / "cache").exists()


def test_what_cannot_be_reached_is_one_clear_error(server: str, tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = f"s3://bucket/runs?endpoint_override=127.0.0.1:{closed.getsockname()[1]}&scheme=http&region=x"
        with pytest.raises(InputError, match="NETWORK_CONNECTION") as error:
            probe(nobody)
    assert nobody in str(error.value)
    assert "\n" not in str(error.value)
    missing = f"s3://nosuchbucket/runs?endpoint_override={server}&scheme=http&region=us-east-1"
    run = new_run(missing)
    for attempt in (lambda: probe(missing), mirror_of(run.path).checkpoints.push, mirror_of(run.path).push_files):
        with pytest.raises(InputError, match=r"nosuchbucket.*(NO_SUCH_BUCKET|no bucket)") as error:
            attempt()
        assert "\n" not in str(error.value)
    for pull in (lambda: pull_all(missing), mirror_of(run.path).pull):
        with pytest.raises(InputError, match="no bucket 'nosuchbucket'"):
            pull()
    (tmp_path / "file").write_text("")
    for place in (
        "nosuchscheme://bucket/runs",
        "s3://bucket/runs?nosuchoption=1",
        str(tmp_path / "file" / "below"),
    ):
        with pytest.raises(InputError, match=r"nosuch|file"):
            probe(place)
