"""What every training process does first."""

from __future__ import annotations

import os

import pytest

from framecast.launch.processes import pin_to_cores


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system pins no processes")
@pytest.mark.parametrize("place", [0, 1, 2])
def test_each_worker_of_a_host_gets_its_share_of_the_cores_in_turn(place: int) -> None:
    allowed = sorted(os.sched_getaffinity(0))
    try:
        pin_to_cores(1, place)
        assert os.sched_getaffinity(0) == {allowed[place % len(allowed)]}
    finally:
        os.sched_setaffinity(0, allowed)
