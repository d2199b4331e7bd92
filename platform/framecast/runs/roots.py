"""The folder of all runs."""

from __future__ import annotations

import os
from pathlib import Path

from framecast.user_folders import expanded

DEFAULT_ROOT = "runs"


def is_url(place: str) -> bool:
    """Whether the user named a place on a store rather than a folder."""
    return "://" in place


def runs_root(chosen: str | Path | None = None) -> Path:
    """The folder that holds all runs: what the user chose, else $FRAMECAST_RUNS, else ./runs.

    Of a URL it is the working copy on this machine, with what is known of the runs there.
    """
    name = str(chosen or os.environ.get("FRAMECAST_RUNS") or DEFAULT_ROOT)
    if is_url(name):
        from framecast.runs.working_copy import pull_all  # which only URLs need

        return pull_all(name)
    return Path(os.path.realpath(expanded(name)))
