"""A cluster of three hosts, and a user outside of it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.hosts import Cluster, why_not
from tests.cluster.users import User


@pytest.fixture(scope="module")
def small_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file system of 8 MB that all hosts share."""
    if why_not():
        pytest.skip(why_not())
    folder = tmp_path_factory.mktemp("small")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=False)


@pytest.fixture(scope="module")
def cluster(small_disk: Path) -> Iterator[Cluster]:
    """The hosts take over the mounts that there are when they start."""
    with Cluster(hosts=3, cpus=1) as cluster:
        yield cluster


@pytest.fixture
def user(cluster: Cluster, tmp_path: Path) -> Iterator[User]:
    (tmp_path / "home").mkdir()
    user = User(cluster, tmp_path / "home", tmp_path / "shared", cluster.address)
    yield user
    for process in user.processes:
        process.kill()
        process.wait()
