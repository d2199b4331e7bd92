"""The short subset that is part of `make test`: two hosts, a killed worker, stopping and resuming from outside."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from framecast.plugin.events import RunStarted
from tests.cluster.hosts import Cluster, why_not
from tests.cluster.users import EPOCH, User, at_step, ended, same_weights

pytestmark = [pytest.mark.ray, pytest.mark.slow]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    if why_not():
        pytest.skip(why_not())
    with Cluster(hosts=2, cpus=1) as cluster:
        yield cluster


def test_a_killed_worker_and_a_stop_change_nothing(user: User, cluster: Cluster) -> None:
    """The first run loses a worker and goes on by itself; the second is stopped and resumed by hand."""
    short = {"epochs": 8}
    killed = at_step(user.submitted(training=short), EPOCH + 5)
    assert [len(host.workers()) for host in cluster.hosts] == [1, 1]
    os.kill(cluster.hosts[1].workers()[0], signal.SIGKILL)
    assert ended(killed).state == "finished"
    assert len([event for event in killed.journal.raw() if isinstance(event, RunStarted)]) == 2
    stopped = at_step(user.submitted(training=short), EPOCH + 5)
    assert "interrupted" in user.command("stop", stopped.id)
    user.command("resume", stopped.id)
    assert ended(stopped).state == "finished"
    assert same_weights(killed, stopped)
