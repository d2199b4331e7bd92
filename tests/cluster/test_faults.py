"""Faults, injected for real: what happens, how long until training goes on, what is lost, and that the weights
are in the end those of a run that nobody disturbed. Prints the table of docs/clusters.md."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from framecast.plugin.events import Warned
from framecast.runs.checkpoints import CheckpointStore
from framecast.runs.run_folder import RunFolder
from framecast.runs.status import Status
from tests.cluster.hosts import Cluster
from tests.cluster.users import (
    EPOCH,
    User,
    at_step,
    ended,
    host_with_worker,
    recovery,
    same_weights,
    step_of,
    wait_for,
)

pytestmark = pytest.mark.cluster

Record = Callable[..., None]


@pytest.fixture(scope="module")
def undisturbed(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """The same job without a fault."""
    folder = tmp_path_factory.mktemp("undisturbed")
    (folder / "home").mkdir()
    run = User(cluster, folder / "home", folder / "shared", cluster.address).submitted()
    assert ended(run).state == "finished"
    return run


@pytest.fixture(scope="module")
def table() -> Iterator[list[str]]:
    rows: list[str] = []
    yield rows
    print("\n| fault | what happened | seconds to the next step | steps done again | final weights |")
    print("|---|---|---|---|---|")
    print("\n".join(rows))


@pytest.fixture
def record(table: list[str], undisturbed: RunFolder) -> Record:
    """Checks a run that has ended against the undisturbed one, and adds its row to the table."""

    def add(fault: str, happened: str, run: RunFolder, when: float, reached: int, intervals: int = 1) -> None:
        seconds, again = recovery(run, when, reached)
        equal = same_weights(run, undisturbed)
        table.append(
            f"| {fault} | {happened} | {seconds:.0f} | {again} | {'equal bit for bit' if equal else 'DIFFER'} |"
        )
        assert equal
        assert again <= intervals * EPOCH
        store = CheckpointStore(run.checkpoints)
        assert all(store.named(name) and not store.named(name).damaged() for name in ("best", "last", "previous"))

    return add


def resumed(user: User, run: RunFolder) -> None:
    """By hand, as the closing words say."""
    user.command("resume", run.id, "--detach")
    wait_for(lambda: Status.of(run).state == "running")


def test_a_worker_is_killed(user: User, cluster: Cluster, record: Record) -> None:
    run = at_step(user.submitted(), 2 * EPOCH + 5)
    when, reached = time.time(), step_of(run)
    os.kill(host_with_worker(cluster, run).workers()[0], signal.SIGKILL)
    assert ended(run).state == "finished"
    record("a worker is killed", "Ray starts the workers again, by itself", run, when, reached)


def test_a_host_is_killed(user: User, cluster: Cluster, record: Record) -> None:
    run = at_step(user.submitted(), 2 * EPOCH + 5)
    host = host_with_worker(cluster, run, but=cluster.head)
    when, reached = time.time(), step_of(run)
    host.kill()
    assert ended(run).state == "finished"
    cluster.start_on(host)
    record("a host is killed", "goes on with a worker on another host, by itself", run, when, reached)


def test_a_host_is_cut_off(user: User, cluster: Cluster, record: Record) -> None:
    run = at_step(user.submitted(), 2 * EPOCH + 5)
    host = host_with_worker(cluster, run, but=cluster.head)
    when, reached = time.time(), step_of(run)
    host.cut()
    assert ended(run).state == "finished"
    host.kill()
    host.mend()
    cluster.start_on(host)
    record(
        "the network between hosts is cut", "goes on with a worker on another host, by itself", run, when, reached
    )


def test_the_driver_is_killed(user: User, cluster: Cluster, record: Record) -> None:
    run = at_step(user.submitted(), 2 * EPOCH + 5)
    os.kill(user.driver(), signal.SIGKILL)
    died = ended(run)
    assert died.state == "died"
    wait_for(lambda: "failed" in user.command("list"))
    when = time.time()
    resumed(user, run)
    assert ended(run).state == "finished"
    record("the driver is killed", "ends resumable; `platform resume`", run, when, died.step)


def test_the_head_is_started_anew(user: User, cluster: Cluster, record: Record) -> None:
    run = at_step(user.submitted(), 2 * EPOCH + 5)
    reached = step_of(run)
    for host in cluster.hosts:
        host.kill()
    assert ended(run).state == "died"
    cluster.start()
    assert "lost" in user.command("list")
    when = time.time()
    resumed(user, run)
    assert ended(run).state == "finished"
    record("the head is started anew", "ends resumable; `platform resume`", run, when, reached)


def test_a_scheduler_sends_sigterm(user: User, cluster: Cluster, record: Record) -> None:
    run = at_step(user.submitted(), 2 * EPOCH + 5)
    os.kill(user.driver(), signal.SIGTERM)
    status = ended(run)
    assert (status.state, status.reason) == ("interrupted", "SIGTERM")
    wait_for(lambda: "interrupted" in user.command("list"))
    when = time.time()
    resumed(user, run)
    assert ended(run).state == "finished"
    record("SIGTERM from a scheduler", "checkpoint, exit 143; `platform resume`", run, when, status.step)


def test_a_checkpoint_is_damaged(user: User, cluster: Cluster, record: Record) -> None:
    """Its file is cut in half; the one before it is taken, and that is said."""
    run = at_step(user.submitted(), 3 * EPOCH + 5)
    os.kill(user.driver(), signal.SIGKILL)
    reached = ended(run).step
    newest = CheckpointStore(run.checkpoints).all()[0]
    victim = newest.path / "model.safetensors"
    os.truncate(victim, victim.stat().st_size // 2)
    when = time.time()
    resumed(user, run)
    assert ended(run).state == "finished"
    said = [event.message for event in run.journal.raw() if isinstance(event, Warned)]
    assert any(newest.path.name in message for message in said), said
    record("the last checkpoint is damaged", "the one before is taken, and said so", run, when, reached, 2)


def test_the_disk_is_full(user: User, cluster: Cluster, small_disk: Path, record: Record) -> None:
    """Somebody else fills the file system of the run folder."""
    user.storage = small_disk
    run = at_step(user.submitted(), 2 * EPOCH + 5)
    filler = small_disk / "filler"
    with open(filler, "wb", buffering=0) as stream, suppress(OSError):
        while True:
            stream.write(b"0" * 4096)
    status = ended(run)
    assert status.state in ("failed", "died")
    filler.unlink()
    when = time.time()
    resumed(user, run)
    assert ended(run).state == "finished"
    record("the disk is full", "ends resumable, says so; `platform resume`", run, when, status.step)


def test_memory_runs_out(user: User, cluster: Cluster, record: Record) -> None:
    """From now on a worker is not given another byte."""
    run = at_step(user.submitted(), 2 * EPOCH + 5)
    worker = host_with_worker(cluster, run).workers()[0]
    when, reached = time.time(), step_of(run)
    subprocess.run(["prlimit", f"--pid={worker}", "--as=1000000"], check=True)
    happened = "that worker ends, all start again, by itself"
    if ended(run).state != "finished":
        happened, when = "ends resumable, with advice; `platform resume`", time.time()
        resumed(user, run)
        assert ended(run).state == "finished"
    record("memory runs out", happened, run, when, reached)


_HANGING = """
import time
import framecast


def build(settings, context):
    def listen(event, context):
        hung = context.folder / "hung"
        if isinstance(event, framecast.events.StepDone) and event.step == 45 and not hung.exists():
            hung.touch()
            time.sleep(10_000)
    return listen


@framecast.hookimpl
def framecast_callbacks():
    yield framecast.Callback(name="hanging", summary="never comes back, once", build=build)
"""


def test_a_worker_hangs(user: User, cluster: Cluster, record: Record) -> None:
    """A callback of the first worker that never returns; the others then wait for it."""
    (user.folder / "hanging.py").write_text(_HANGING)
    run = user.submitted("-p", "hanging.py", "compute.stalled_after=10", "callbacks=[hanging]")
    wait_for(lambda: (run.path / "hung").exists())
    when, reached = time.time(), step_of(run)
    assert ended(run).state == "finished"
    stacks = {file.name: file.read_text() for file in run.logs.glob("stacks-rank-*.txt")}
    assert sorted(stacks) == ["stacks-rank-0.txt", "stacks-rank-1.txt"]
    assert "hanging.py" in stacks["stacks-rank-0.txt"]
    record("a worker hangs", "after 10 s without a step stacks in logs/, workers start again", run, when, reached)
