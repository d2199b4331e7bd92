"""Which cluster: an address, or a name from the user's list of clusters.

# ~/.config/framecast/clusters.yaml
lab: {address: "http://head:8265", runs: /shared/runs}
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from framecast.confirmed_addresses import is_confirmed, same_address
from framecast.errors import InputError, did_you_mean, without_credentials
from framecast.job.document import Document
from framecast.plain_text import plain
from framecast.runs.remote_run import RemoteLocation
from framecast.runs.roots import is_url
from framecast.user_folders import config_folder, expanded


class UnconfirmedAddressError(InputError):
    """Only a file names the address: nothing is sent there."""


@dataclass(frozen=True)
class Cluster:
    """A Ray cluster with a job server. `runs` is the path or URL of all runs as its hosts see it."""

    address: str
    runs: str | None = None


def url_of_runs(location: RemoteLocation) -> str | None:
    """The URL below which a cluster keeps its runs; None where it keeps them on a disk."""
    cluster = cluster_at(location.address)
    place = location.runs or (cluster.runs if cluster else None)
    return place if place and is_url(place) else None


def address_in_environment() -> str | None:
    """$RAY_ADDRESS; None where it is not set, or empty."""
    return os.environ.get("RAY_ADDRESS", "").strip() or None


def cluster_at(address: str | None) -> Cluster | None:
    """The cluster to send jobs to; None where `address` is a Ray that this machine belongs to, or there is none.

    Raises InputError where it is neither a URL, nor HOST:PORT, nor `auto`, nor in the list.
    """
    if address is None or address in ("auto", "local"):
        return None
    if address.lower().startswith(("http://", "https://")):
        if "@" in address.partition("://")[2].partition("/")[0]:
            raise InputError(
                f"{without_credentials(address)}: the address of a cluster holds no user name or password; Ray's "
                "token is taken from RAY_AUTH_TOKEN or ~/.ray/auth_token"
            )
        return Cluster(address)
    if ":" in address:  # Ray's own address of a head
        return None
    known = _listed()
    if address not in known:
        way_out = "write http://HEAD:8265, auto, or a name from"
        raise InputError(
            f"no cluster is called {address!r}{did_you_mean(address, known)}; {way_out} {list_of_clusters()}"
        )
    return known[address]


def is_users_own(address: str) -> bool:
    """Whether the user has named a cluster: in the list of clusters, in the environment, or on a command line."""
    known = _listed()
    listed = address in known or any(same_address(address, each.address) for each in known.values())
    return listed or is_confirmed(address)


def ensure_confirmed(address: str, named_by: str) -> None:
    """Raises InputError where only a file names the address of a cluster."""
    if not is_users_own(address):
        raise UnconfirmedAddressError(
            f"only {named_by} names the cluster at {plain(without_credentials(address))}: nothing is sent there. "
            f"If it is yours, name it in {list_of_clusters()}, in RAY_ADDRESS, or on the command line (--address, "
            "compute.address=)"
        )


def runs_are_users_own(url: str) -> bool:
    """Whether the user has named the URL of a cluster's runs: in the list of clusters, in the environment, or on a
    command line."""
    places = [each.runs for each in _listed().values() if each.runs]
    return any(same_address(url, place) for place in places) or is_confirmed(url)


def _listed() -> dict[str, Cluster]:
    file = list_of_clusters()
    if not file.exists():
        return {}
    document = Document.read(file)
    problems, found = [], {}
    for name, entry in document.data.items():
        fields = {"address": entry} if isinstance(entry, str) else entry
        if (
            not isinstance(fields, dict)
            or not str(fields.get("address", "")).startswith(("http://", "https://"))
            or set(fields) - {"address", "runs"}
        ):
            message = "write {address: http://HEAD:8265, runs: /shared/runs}"
            problems.append(document.problem((name,), message))
        else:
            found[name] = Cluster(fields["address"], fields.get("runs"))
    if problems:
        raise InputError(problems)
    return found


def list_of_clusters() -> Path:
    """The user's list of clusters, whether or not it is there."""
    if chosen := os.environ.get("FRAMECAST_CLUSTERS"):
        return expanded(chosen)
    folder = config_folder()
    return folder / "clusters.yaml" if folder else Path("the file that FRAMECAST_CLUSTERS names")
