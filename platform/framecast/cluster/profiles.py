"""Which cluster: an address, or a name from the user's list of clusters.

# ~/.config/framecast/clusters.yaml
lab: {address: "http://head:8265", runs: /shared/runs}
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from framecast.errors import InputError, Problem, did_you_mean
from framecast.job.document import Document
from framecast.user_folders import config_folder, expanded


@dataclass(frozen=True)
class Cluster:
    """A Ray cluster with a job server. `runs` is the path or URL of all runs as its hosts see it."""

    address: str
    runs: str | None = None


def address_in_environment() -> str | None:
    """$RAY_ADDRESS; None where it is not set, or empty."""
    return os.environ.get("RAY_ADDRESS", "").strip() or None


def cluster_at(address: str | None) -> Cluster | None:
    """The cluster to send jobs to; None where `address` is a Ray that this machine belongs to, or there is none.

    Raises InputError where it is neither a URL, nor HOST:PORT, nor `auto`, nor in the list.
    """
    if address is None or address in ("auto", "local"):
        return None
    if address.startswith(("http://", "https://")):
        return Cluster(address)
    if ":" in address:  # Ray's own address of a head
        return None
    known = _listed()
    if address not in known:
        way_out = "write http://HEAD:8265, auto, or a name from"
        raise InputError(f"no cluster is called {address!r}{did_you_mean(address, known)}; {way_out} {_list()}")
    return known[address]


def _listed() -> dict[str, Cluster]:
    file = _list()
    if not file.exists():
        return {}
    document = Document.read(file)
    problems, found = [], {}
    for name, entry in document.data.items():
        fields = {"address": entry} if isinstance(entry, str) else entry
        if (
            not isinstance(fields, dict)
            or not str(fields.get("address", "")).startswith("http")
            or set(fields) - {"address", "runs"}
        ):
            message = "write {address: http://HEAD:8265, runs: /shared/runs}"
            problems.append(Problem(message, key=name, place=document.place((name,))))
        else:
            found[name] = Cluster(fields["address"], fields.get("runs"))
    if problems:
        raise InputError(problems)
    return found


def _list() -> Path:
    if chosen := os.environ.get("FRAMECAST_CLUSTERS"):
        return expanded(chosen)
    folder = config_folder()
    return folder / "clusters.yaml" if folder else Path("the file that FRAMECAST_CLUSTERS names")
