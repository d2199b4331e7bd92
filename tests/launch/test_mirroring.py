"""Every file of a run at a URL is brought there by exactly one process."""

from __future__ import annotations

import pytest

from framecast.launch.mirroring import is_drivers, is_workers


@pytest.mark.parametrize(
    "name",
    [
        *("job.yaml", "plan.yaml", "environment.json", "driver.json", "report.html", "plugins/x/cell.py"),
        *("logs/driver.log", "logs/console.log", "logs/ray/session/raylet.out"),
        *("events.jsonl", "metrics.csv", "attempt", "tensorboard/events.out", "evaluation-test.json"),
        *("logs/worker-0.log", "logs/worker-1.log", "logs/worker-2.log", "logs/stacks-rank-1.txt"),
    ],
)
def test_a_file_has_one_writer(name: str) -> None:
    writers = [is_drivers(name), *(is_workers(name, rank) for rank in range(3))]
    assert sum(writers) == 1
