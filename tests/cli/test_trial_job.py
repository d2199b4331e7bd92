"""`platform submit --from`: the job of a trial, also of a search that ran on a cluster."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from framecast.cli.submit import trial_job
from framecast.errors import InputError
from framecast.job.resolve import make_plan
from framecast.runs.remote_run import RemoteLocation, RemoteRun
from tests.made_searches import made_search

ID = "20260101-120000-aaaa"


def test_a_trial_on_a_cluster_is_trained_from_its_copy(
    tmp_path: Path, tiny_job: Callable[..., dict[str, Any]]
) -> None:
    remote = RemoteRun.at(tmp_path, "remote", ID)
    remote.note(RemoteLocation("http://head:8265", ID, None))
    for name in ("remote#best", f"{ID}#best", "remote"):
        with pytest.raises(InputError, match=f"bring it here with: platform fetch '{ID}#best'"):
            trial_job(name, [], tmp_path, trusted=True)

    there = {"address": "auto", "workers": 4, "cpus_per_worker": 1}
    job = tiny_job(compute=there, training={"batch_size": 8})
    parameters = {"model.rank": {"int": [1, 64]}}
    search = made_search(tmp_path / "there", job, [("finished", {"model.rank": 3}, [0.5])], parameters=parameters)
    (trial,) = search.trials()
    copy = remote.path / "trials" / "0001"
    copy.parent.mkdir()
    trial.run.path.rename(copy)
    remote.note_copy("best", "trials/0001", "finished")

    plan = make_plan(*trial_job("remote#best", ["training.epochs=7"], tmp_path, trusted=True))
    assert (plan.model.to_dict()["rank"], plan.job.training.epochs) == (3, 7)
    assert (plan.job.compute.address, plan.job.compute.workers) == (None, 1)
    assert plan.job.search is None
