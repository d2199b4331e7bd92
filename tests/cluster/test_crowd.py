"""Many runs on a small cluster, and many kills of one run."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from framecast.plugin.events import RunStarted
from framecast.runs.run_folder import RunFolder
from framecast.runs.status import Status
from tests.cluster.hosts import Cluster
from tests.cluster.users import EPOCH, User, ended, same_weights, step_of, wait_for, weights
from tests.planned_runs import losses

pytestmark = pytest.mark.cluster

RUNS = 20
KILLS = 50


def test_twenty_runs_at_once_queue_end_and_are_not_mixed_up(user: User) -> None:
    """Three of them fit at a time. Each has a seed of its own, by which its weights are known."""
    names = [f"seed-{seed}" for seed in range(RUNS)]
    job = user.written(training={"epochs": 1}, compute={"workers": 1})

    def submit(name: str) -> None:
        settings = [f"name={name}", f"training.seed={name.removeprefix('seed-')}"]
        user.command("submit", job, *settings, "--address", user.address, "--runs", str(user.storage), "--detach")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(submit, names))
    listed = {row["job"]: row for row in json.loads(user.command("list", "--json"))}
    assert sorted(listed) == sorted(names)
    wait_for(lambda: len(RunFolder.all(user.storage)) == RUNS, 600)
    runs = {run.name: run for run in RunFolder.all(user.storage)}
    assert {ended(run).state for run in runs.values()} == {"finished"}
    wait_for(lambda: {row["state"] for row in json.loads(user.command("list", "--json"))} == {"finished"})
    assert all(listed[name]["run"] == run.id for name, run in runs.items())
    assert all(len(losses(run)) == EPOCH for run in runs.values())
    first = {name: losses(run)[0] for name, run in runs.items()}
    assert len(set(first.values())) == RUNS
    assert {len(weights(run)) for run in runs.values()} == {len(weights(runs["seed-0"]))}
    alone = user.submitted("name=alone", "training.seed=7", training={"epochs": 1}, compute={"workers": 1})
    assert ended(alone).state == "finished"
    assert same_weights(alone, runs["seed-7"])
    assert "seed-3" in user.command("logs", runs["seed-3"].id)


def tried_again_or_finished(run: RunFolder, kills: int) -> bool:
    return run.journal.attempts() > kills or Status.of(run).state == "finished"


def test_fifty_kills_at_random_change_nothing(user: User, cluster: Cluster) -> None:
    """Workers of either rank, at any moment: in a step, an evaluation, a checkpoint, or while starting."""
    length = {"epochs": 120}
    undisturbed = user.submitted(training=length)
    run = user.submitted(training=length, compute={"max_failures": -1})
    draw = random.Random(0)
    killed = 0
    while killed < KILLS and Status.of(run).state in ("starting", "running"):
        wait_for(partial(tried_again_or_finished, run, killed))
        time.sleep(draw.uniform(0.0, 2.0))
        workers = [process for host in cluster.hosts for process in host.workers()]
        if workers and Status.of(run).state == "running":
            os.kill(draw.choice(workers), signal.SIGKILL)
            killed += 1
    assert ended(run).state == "finished"
    assert killed == KILLS, f"the run was over after {killed} kills"
    starts = [event for event in run.journal.raw() if isinstance(event, RunStarted)]
    print(f"\n{killed} kills, {len(starts)} attempts, {step_of(run)} steps, {len(losses(run))} of them counted")
    assert ended(undisturbed).state == "finished"
    assert losses(run) == losses(undisturbed)
    assert same_weights(run, undisturbed)


def test_workers_come_and_go_with_the_cluster(user: User, cluster: Cluster) -> None:
    """Elastic: on all three hosts, on two when one fails, on three when it is back.

    Sums are rounded differently on another number of workers, and training magnifies that: the first steps,
    with the change among them, are compared.
    """
    fixed = user.submitted(training={"epochs": 10}, compute={"workers": 1})
    assert ended(fixed).state == "finished"
    run = user.submitted(training={"epochs": 200}, compute={"workers": {"min": 1, "max": 3}})
    wait_for(lambda: step_of(run) > EPOCH)
    host = cluster.hosts[2]
    host.kill()
    wait_for(lambda: run.journal.attempts() > 1 and step_of(run) > 0, 300)
    cluster.start_on(host)
    assert ended(run).state == "finished"
    sizes = [event.workers for event in run.journal.raw() if isinstance(event, RunStarted)]
    print(f"\nworkers: {sizes}")
    assert sizes == [3, 2, 3]
    assert losses(run)[: 10 * EPOCH] == pytest.approx(losses(fixed), rel=1e-4)
    assert len(losses(run)) == 200 * EPOCH
