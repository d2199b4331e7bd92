"""Runs at a URL: who brings which of a run's files there, and fetches what the others wrote.

The driver and the workers have working copies of their own, also on the same host, so that each file has one
writer. A process that trains alone writes them all.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from framecast.files import make_folder
from framecast.runs import layout
from framecast.runs.folder import Folder
from framecast.runs.mirror import Mirror
from framecast.runs.run_folder import RunFolder
from framecast.runs.working_copy import url_of_working_copy, working_copy

_DRIVERS = (layout.JOB, layout.PLAN, layout.ENVIRONMENT, layout.DRIVER, layout.REPORT)

_LOGS = f"{layout.LOGS}/"
_DRIVERS_FOLDERS = (f"{layout.PLUGINS}/", f"{_LOGS}{layout.RAY_LOGS}/")
_DRIVERS_LOGS = (f"{_LOGS}{layout.DRIVER_LOG}", f"{_LOGS}{layout.CONSOLE_LOG}")


def is_drivers(name: str) -> bool:
    """Whether the driver writes this file of a run, rather than a worker."""
    return name in _DRIVERS or name.startswith(_DRIVERS_FOLDERS) or name in _DRIVERS_LOGS


def is_workers(name: str, rank: int) -> bool:
    """Whether this worker writes it: each its own logs, the first one all the rest."""
    if name.startswith(_LOGS):
        return Path(name).name in (layout.worker_log(rank), layout.stacks_log(rank))
    return rank == 0 and not is_drivers(name)


@contextmanager
def as_driver(run: RunFolder) -> Iterator[None]:
    """While the body runs workers elsewhere, their files come here; at the end the checkpoints too."""
    mirror = Mirror.of(run.path)
    if mirror is None:
        yield
        return
    mirror.push_files(is_drivers)  # the workers read the plan there
    with mirror.synchronise(is_drivers, fetching=True):
        yield
    mirror.pull(checkpoints=True, owned=is_drivers)


def as_only_process(run: RunFolder) -> AbstractContextManager[None]:
    """While the body trains in this process, all that it writes goes to the URL."""
    mirror = Mirror.of(run.path)
    if mirror is None:
        return nullcontext()
    mirror.pull(checkpoints=True)
    return mirror.synchronise()


def push(run: RunFolder) -> None:
    """Brings what the driver wrote last, such as the report."""
    if mirror := Mirror.of(run.path):
        mirror.push_files(is_drivers)


def push_all(run: RunFolder) -> None:
    """Brings the driver's word on what ended the workers: they write no more."""
    if mirror := Mirror.of(run.path):
        mirror.push_files()


def url_of(run: Folder) -> str:
    """The URL of all runs, for workers; empty for a run on disk."""
    return url_of_working_copy(run.root)


@contextmanager
def as_worker(folder: str, url: str, rank: int) -> Iterator[RunFolder]:
    """The run as this worker sees it: the folder itself, or a working copy of the URL's on this host."""
    run = RunFolder(Path(folder))
    if not url:
        yield run
        return
    run = RunFolder(working_copy(url, side="-workers") / run.name / run.id)
    for inner in (run.checkpoints, run.logs):
        make_folder(inner, run.path)
    mirror = Mirror.of(run.path)
    assert mirror is not None, "a working copy knows its URL"
    run.clear_stop()  # of an attempt before; a new one comes with what is fetched
    mirror.pull(checkpoints=True, owned=lambda name: name.startswith(_LOGS))
    with mirror.synchronise(lambda name: is_workers(name, rank)):
        yield run
