"""A run on a cluster, from outside: sent, followed, stopped and resumed, from one shell and from another."""

from __future__ import annotations

import json
import os
import signal
import time

import pytest
from ruamel.yaml import YAML

from framecast.plugin.events import RunStarted
from framecast.runs.run_folder import RunFolder
from framecast.runs.status import Status
from tests.cluster.hosts import Cluster
from tests.cluster.users import EPOCH, JOB, User, at_step, ended, same_weights, step_of, wait_for

pytestmark = pytest.mark.cluster


def test_it_is_followed_to_its_end_and_trains_on_two_hosts(user: User, cluster: Cluster) -> None:
    job = user.written(training={"epochs": 4})
    following = user.start("submit", job, "--address", user.address, "--runs", str(user.storage))
    (run,) = wait_for(lambda: RunFolder.all(user.storage))
    at_step(run, 1)
    assert sorted(len(host.workers()) for host in cluster.hosts) == [0, 1, 1]
    said, _ = following.communicate(timeout=300)
    assert following.returncode == 0, said
    assert "training 639 parameters on 2 workers" in said
    assert "finished (epochs)" in said
    assert f"platform status {run.id}" in said
    assert "INFO" not in said
    assert user.command("status", "tiny").startswith(f"tiny {run.id}: finished")
    (listed,) = json.loads(user.command("list", "--json"))
    assert (listed["run"], listed["state"]) == (run.id, "finished")
    there = user.command("list", "--address", user.address, "--runs", str(user.storage))
    assert run.id in there
    assert "validation/loss" in there


def test_its_report_is_brought_here(user: User) -> None:
    run = user.submitted(training={"epochs": 2})
    assert ended(run).state == "finished"
    said = user.command("report", run.id)
    page = (user.folder / f"report-{run.id}.html").read_text()
    assert f"report-{run.id}.html" in said
    assert page == run.report.read_text()
    assert page.rstrip().endswith("</html>")


def test_a_search_runs_there_too(user: User) -> None:
    search = {
        "parameters": {"model.rank": {"grid": [1, 2]}},
        "searcher": "grid",
        "objectives": {"validation/loss": "min"},
    }
    job = user.written(training={"epochs": 1}, compute={"workers": 1}, search=search)
    user.command("submit", job, "--address", user.address, "--runs", str(user.storage))
    said = user.command("results", "tiny")
    assert "2 finished" in said


def test_it_is_stopped_and_resumed_and_ends_as_if_nothing_had_been(user: User, cluster: Cluster) -> None:
    whole = user.submitted()
    assert ended(whole).state == "finished"
    run = at_step(user.submitted(), EPOCH + 5)
    follower = user.start("logs", "-f", run.id, "--rank", "0")
    assert "interrupted" in user.command("stop", run.id)
    follower.communicate(timeout=60)
    assert follower.returncode == 0
    status = Status.of(run)
    assert (status.state, status.reason) == ("interrupted", "SIGTERM")
    assert "nothing to resume" not in user.command("resume", run.id)
    assert ended(run).state == "finished"
    second = [event for event in run.journal.raw() if isinstance(event, RunStarted)][1]
    assert second.step == status.step
    assert same_weights(run, whole)


def test_the_run_outlives_whoever_sent_it(user: User) -> None:
    sender = user.start("submit", user.written(), "--address", user.address, "--runs", str(user.storage))
    (run,) = wait_for(lambda: RunFolder.all(user.storage))
    at_step(run, 5)
    sender.kill()
    sender.wait()
    at_step(run, EPOCH)
    again = user.start("logs", "-f", run.id)  # another shell
    wait_for(lambda: Status.of(run).state == "finished")
    said, _ = again.communicate(timeout=60)
    assert "console | epoch" in said
    assert "worker-1 | " in said


def test_ctrl_c_ends_the_following_only(user: User) -> None:
    sender = user.start("submit", user.written(), "--address", user.address, "--runs", str(user.storage))
    (run,) = wait_for(lambda: RunFolder.all(user.storage))
    at_step(run, 5)
    os.kill(sender.pid, signal.SIGINT)
    said, _ = sender.communicate(timeout=60)
    assert sender.returncode == 130
    assert f"platform logs -f {run.id}" in said
    assert ended(run).state == "finished"


def test_local_plugins_travel_and_stay_with_the_run(user: User) -> None:
    (user.folder / "witness.py").write_text(
        "import framecast\n"
        "def build(settings, context):\n"
        "    (context.folder / 'seen.txt').write_text(__file__)\n"
        "    return lambda event, context: None\n"
        "@framecast.hookimpl\n"
        "def framecast_callbacks():\n"
        "    yield framecast.Callback(name='witness', summary='notes', build=build)\n"
    )
    run = user.submitted("-p", "witness.py", "callbacks=[witness]", training={"epochs": 1})
    assert ended(run).state == "finished"
    assert (run.path / "seen.txt").read_text().startswith(str(run.path / "plugins"))


def test_what_differs_on_the_cluster_is_said(user: User) -> None:
    """The sender claims to have other versions; that is all the cluster can know of it."""
    sender = {"python": "3.99", "packages": {"framecast": "9.9", "no-such-distribution": "1.0"}}
    job = user.folder / "job.yaml"
    YAML().dump(JOB, job)
    (user.folder / "sender.json").write_text(json.dumps(sender))
    said = user.command("submit", str(job), "--sent-by", "sender.json", "--in-process", expect=2)
    assert "Python is 3.11 on the cluster, 3.99 here" in said or "Python is" in said
    assert "framecast is" in said
    assert "no-such-distribution 1.0 is not installed on the cluster" in said


def test_a_job_with_mistakes_never_leaves_this_machine(user: User) -> None:
    said = user.command("submit", user.written(model={"rankk": 3}), "--address", user.address, expect=2)
    assert "did you mean rank?" in said
    assert not (user.folder / "runs").exists()


def test_a_mistake_that_only_the_cluster_sees_has_the_same_exit_code(user: User) -> None:
    job = user.written(compute={"workers": 99}, training={"batch_size": 99})
    said = user.command("submit", job, "--address", user.address, expect=2)
    assert "99 workers" in said


def test_without_the_token_nobody_is_let_in(user: User) -> None:
    user.cluster.environment["RAY_AUTH_TOKEN"], kept = "wrong" * 8, user.cluster.environment["RAY_AUTH_TOKEN"]
    try:
        said = user.command("submit", user.written(), "--address", user.address, expect=2)
    finally:
        user.cluster.environment["RAY_AUTH_TOKEN"] = kept
    assert "cannot use the cluster" in said
    assert "Traceback" not in said


def test_a_cluster_that_is_not_there_is_one_clear_error(user: User) -> None:
    began = time.monotonic()
    said = user.command("submit", user.written(), "--address", "http://127.0.0.1:1", expect=2)
    assert "cannot use the cluster at http://127.0.0.1:1" in said
    assert "Traceback" not in said
    assert time.monotonic() - began < 120


def test_a_profile_names_the_cluster_and_its_storage(user: User) -> None:
    clusters = user.folder / "clusters.yaml"
    clusters.write_text(f"lab: {{address: '{user.address}', runs: {user.storage}}}\n")
    user.cluster.environment["FRAMECAST_CLUSTERS"] = str(clusters)
    try:
        said = user.command("submit", user.written(training={"epochs": 1}), "--address", "lab")
        assert "is sent to lab" in said
        assert [run.name for run in RunFolder.all(user.storage)] == ["tiny"]
        assert "did you mean lab?" in user.command("list", "--address", "lob", expect=2)
    finally:
        del user.cluster.environment["FRAMECAST_CLUSTERS"]


def test_a_cluster_without_framecast_gets_ours(user: User) -> None:
    """Shipped as an unpacked wheel, it is what runs there, in the driver and in the workers."""
    (user.folder / "where.py").write_text(
        "import framecast\n"
        "def build(settings, context):\n"
        "    (context.folder / 'where.txt').write_text(framecast.__file__)\n"
        "    return lambda event, context: None\n"
        "@framecast.hookimpl\n"
        "def framecast_callbacks():\n"
        "    yield framecast.Callback(name='where', summary='notes', build=build)\n"
    )
    run = user.submitted("--ship-package", "-p", "where.py", "callbacks=[where]", training={"epochs": 1})
    assert ended(run).state == "finished"
    assert "_ray_pkg_" in (run.path / "where.txt").read_text()
    assert step_of(run) == EPOCH
