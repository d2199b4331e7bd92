"""A separate cache for each test, and a real S3 server on loopback."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pyarrow import fs

from framecast.runs.mirror import Mirror
from framecast.runs.run_folder import RunFolder
from framecast.runs.working_copy import working_copy
from tests.runs.mirrored_runs import mirror_of
from tests.wait_until import wait_until

BUCKET = "runs"


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """host:port of an S3 server."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: process.poll() is not None or answers(port), "the S3 server answers")
        assert process.poll() is None, "the S3 server did not start"
        yield f"127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("FRAMECAST_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def url(server: str, tmp_path: Path) -> str:
    """A new folder of a bucket."""
    store = fs.S3FileSystem(
        endpoint_override=server, scheme="http", region="us-east-1", allow_bucket_creation=True
    )
    store.create_dir(BUCKET)
    return f"s3://{BUCKET}/{tmp_path.name}?endpoint_override={server}&scheme=http&region=us-east-1"


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, RunFolder], Mirror]:
    """The same run on another host: with its own cache."""

    def open_there(url: str, run: RunFolder) -> Mirror:
        with monkeypatch.context() as there:
            there.setenv("FRAMECAST_CACHE", str(tmp_path / "elsewhere"))
            return mirror_of(working_copy(url) / run.name / run.id)

    return open_there


@pytest.fixture(params=["s3", "file", "memory"])
def any_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "s3":
        return str(request.getfixturevalue("url"))
    return f"file://{tmp_path}/store" if request.param == "file" else f"memory://{tmp_path.name}/store"


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
