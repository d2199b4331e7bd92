"""Where runs are kept: not seen by all hosts, refused; in a bucket, as on a disk."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from framecast.plugin.events import RunStarted
from framecast.runs.roots import runs_root
from framecast.runs.run_folder import RunFolder
from framecast.runs.status import Status
from tests.cluster.hosts import Cluster, why_not
from tests.cluster.users import EPOCH, User, step_of, wait_for
from tests.planned_runs import losses

pytestmark = pytest.mark.cluster

EPOCHS = 80  # long enough to be stopped on the way, though news from the bucket is seconds old


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that is another one on each host."""
    return tmp_path_factory.mktemp("private")


@pytest.fixture(scope="module")
def cluster(private: Path) -> Iterator[Cluster]:
    if why_not():
        pytest.skip(why_not())
    cluster = Cluster(hosts=3, cpus=1)
    for host in cluster.hosts:
        host.private.append(private)
    with cluster:
        yield cluster


def test_a_folder_that_hosts_do_not_share_is_refused_before_training(user: User, private: Path) -> None:
    said = user.command("submit", user.written(), "--address", user.address, "--runs", str(private), expect=2)
    assert "is not the same on all hosts" in said
    others = [host.address for host in user.cluster.hosts if host is not user.cluster.head]
    assert all(address in said for address in others)
    assert "--runs s3://bucket/runs" in said
    assert "Traceback" not in said


@pytest.fixture(scope="module")
def bucket(cluster: Cluster, private: Path) -> Iterator[str]:
    """A real S3 server on this machine, which the hosts reach over the bridge."""
    gateway = cluster.head.address.rsplit(".", 1)[0] + ".254"
    with socket.socket() as free:
        free.bind((gateway, 0))
        port = free.getsockname()[1]
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        os.environ[name] = cluster.environment[name] = "testing"
    cluster.environment["FRAMECAST_CACHE"] = str(private / "cache")  # a working copy on each host
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", gateway, "-p", str(port)], stderr=subprocess.DEVNULL
    )
    wait_for(lambda: _answers(gateway, port))
    options = f"endpoint_override={gateway}:{port}&scheme=http&region=us-east-1"
    from pyarrow import fs

    system, _ = fs.FileSystem.from_uri(f"s3://runs?{options}&allow_bucket_creation=true")
    system.create_dir("runs")
    yield f"s3://runs/all?{options}"
    server.kill()
    server.wait()


def test_runs_in_a_bucket_are_stopped_resumed_and_listed(user: User, bucket: str) -> None:
    """Hosts whose disks have nothing in common; the plan, the events and the checkpoints travel by the bucket."""
    keys = "compute.env=[AWS_ACCESS_KEY_ID,AWS_SECRET_ACCESS_KEY,FRAMECAST_CACHE]"
    job = user.written(training={"epochs": EPOCHS})
    user.command("submit", job, "--address", user.address, "--runs", bucket, "--detach", keys)
    root = runs_root(bucket)
    (run,) = wait_for(lambda: RunFolder.all(runs_root(bucket)), 300)
    wait_for(lambda: runs_root(bucket) and step_of(run) > EPOCH, 300)
    assert run.id in user.command("list", "--runs", bucket)
    user.command("stop", run.id, "--runs", bucket)
    assert runs_root(bucket) == root
    before = Status.of(run)
    assert (before.state, before.reason) == ("interrupted", "platform stop")
    user.command("resume", run.id)
    runs_root(bucket)
    assert Status.of(run).state == "finished"
    second = [event for event in run.journal.raw() if isinstance(event, RunStarted)][1]
    assert second.step == before.step
    assert len(losses(run)) == EPOCHS * EPOCH
    user.command("report", run.id, "--runs", bucket, "-o", "report.html")
    assert "<h2>Clips</h2>" in (user.folder / "report.html").read_text()


def _answers(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False
