"""Whether every host of a cluster sees the run folder: asked before training, not found out after an epoch."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from framecast.errors import InputError
from framecast.files import remove_file, write_atomically
from framecast.job.compute import Compute
from framecast.launch.mirroring import url_of
from framecast.runs.roots import is_url
from framecast.runs.run_folder import RunFolder
from framecast.runs.write_probe import probe


def ensure_shared(run: RunFolder, compute: Compute) -> None:
    """Each host that may get a worker writes to the run folder, or its URL, and reads what is there.

    Raises InputError that names the hosts which do not see the folder, and what to set.
    """
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    hosts = [host for host in ray.nodes() if host["Alive"] and _has_room(host["Resources"], compute)]
    own = ray.get_runtime_context().get_node_id()
    others = [host for host in hosts if host["NodeID"] != own]
    if not others:
        return
    place = url_of(run) or str(run.path)
    word = secrets.token_hex(8)
    ours = Path(place) / f".probe-{word}"
    if not url_of(run):
        write_atomically(ours, word)
    ask = ray.remote(num_cpus=0, max_retries=0)(_tried_there)
    asked = [
        ask.options(scheduling_strategy=NodeAffinitySchedulingStrategy(host["NodeID"], soft=False)).remote(
            place, word
        )
        for host in others
    ]
    answers = ray.get(asked)
    if not url_of(run):
        remove_file(ours)
    blind = [
        f"{host['NodeManagerAddress']} ({reason})" for host, reason in zip(others, answers, strict=True) if reason
    ]
    if blind:
        raise InputError(
            f"the run folder {place} is not the same on all hosts: not on {', '.join(blind)}. "
            "Put runs on storage that all hosts share: --runs /a/shared/folder, --runs s3://bucket/runs, "
            "`runs` in your list of clusters, or FRAMECAST_RUNS on the cluster"
        )


def _tried_there(place: str, word: str) -> str:
    """Runs on another host: writes to the place, and looks for the driver's file if it is a folder. Returns what
    went wrong, or nothing."""
    try:
        if not is_url(place) and (Path(place) / f".probe-{word}").read_text() != word:
            return "it has another folder of that name"
        probe(place)
    except OSError as error:
        return error.strerror or str(error)
    except InputError as error:
        return str(error)
    return ""


def _has_room(resources: dict[str, Any], compute: Compute) -> bool:
    """Whether a worker could come to a host of these resources."""
    cpus, gpus = float(compute.cpus_per_worker), float(compute.gpus_per_worker)
    return bool(resources.get("CPU", 0) >= cpus and resources.get("GPU", 0) >= gpus)
