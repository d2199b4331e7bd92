"""Which environment variables go along to a cluster: those that the user has named, and sent there before."""

from __future__ import annotations

import os

from framecast.cluster.profiles import url_of_runs
from framecast.confirmed_addresses import confirmed_variables
from framecast.errors import InputError
from framecast.job.document import Document
from framecast.plain_text import plain
from framecast.runs.remote_run import RemoteLocation


def variables_for_job(names: list[str]) -> dict[str, str]:
    """The values that these variables have here. Raises InputError for those that have none."""
    missing = [name for name in names if name not in os.environ]
    if missing:
        raise InputError(
            f"compute.env names {', '.join(missing)}, which this shell does not have: export it first"
        )
    return {name: os.environ[name] for name in names}


def variables_for_resume(location: RemoteLocation, overrides: list[str]) -> dict[str, str]:
    """Those that the user has sent to this address before, or names now. Raises InputError where the run's folder
    names others, and for those that have no value here."""
    named = Document.from_data({})
    named.override([each for each in overrides if each.partition("=")[0].strip() == "compute.env"])
    chosen = named.get("compute.env")
    if isinstance(chosen, list):
        return variables_for_job([str(name) for name in chosen])
    strange = sorted(set(location.variables) - confirmed_variables(location.address))
    if strange:
        raise InputError(
            f"only the folder of this run asks for your {plain(', '.join(strange))}: nothing is sent. "
            f"If it may go to {location.address}, add 'compute.env=[{', '.join(location.variables)}]'"
        )
    return variables_for_job(location.variables)


def variables_for_runs(location: RemoteLocation) -> dict[str, str]:
    """The variables, such as keys of a store, for commands that read runs at a URL; none for runs on disk."""
    if url_of_runs(location) is None:
        return {}
    names = set(location.variables) & confirmed_variables(location.address)
    return {name: os.environ[name] for name in sorted(names) if name in os.environ}
