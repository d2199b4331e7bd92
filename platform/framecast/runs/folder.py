"""The run folder: where each file of a run lies, and how a run is named and found.

runs/<name>/<YYYYMMDD-HHMMSS-xxxx>/
    job.yaml          as the user wrote it          plan.yaml     resolved, every default filled in
    environment.json  versions and machine          events.jsonl  what happened, one event a line
    metrics.csv       one row for each evaluation    report.html   the report, one self-contained file
    checkpoints/      step-NNNNNNNN folders, and best, last and previous that point to them
    logs/             everything Ray, DeepSpeed and PyTorch had to say, a file for each worker
    plugins/          on a cluster: the job's own plugins
"""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

from framecast.bounded.regular_file import read_text
from framecast.errors import InputError, disk_error_number, disk_problem
from framecast.runs.journal import Journal
from framecast.safe_files import (
    make_folder,
    remove_empty_folder,
    remove_file,
    remove_tree,
    validate_no_links,
    write_atomically,
)
from framecast.user_folders import expanded

DEFAULT_ROOT = "runs"
AnyFolder = TypeVar("AnyFolder", bound="RunFolder")


def runs_root(chosen: str | Path | None = None) -> Path:
    """The folder that holds all runs: what the user chose, else $FRAMECAST_RUNS, else ./runs.

    Of a URL it is the working copy on this machine, with what is known of the runs there.
    """
    named = str(chosen or os.environ.get("FRAMECAST_RUNS") or DEFAULT_ROOT)
    if "://" in named:
        from framecast.runs.mirror import pull_all  # which takes a second to import

        return pull_all(named)
    return expanded(named).resolve()


def new_run_id() -> str:
    """The time in UTC, and chance: ids sort by age, also when clocks change or machines are in several zones."""
    return f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{secrets.token_hex(2)}"


class RunFolder:
    """One run on disk. Holds nothing but the path: every process that opens the folder sees the same run.

    `marker` is the file by which such a folder is known.
    """

    marker = "plan.yaml"

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, root: Path, name: str, run_id: str | None = None) -> Self:
        """A new folder root/name/<run id>. Raises InputError if it cannot be written."""
        folder = cls(root / name / (run_id or new_run_id()))
        try:
            for inner in (folder.checkpoints, folder.logs):
                make_folder(inner, folder.path, exist_ok=False)
        except OSError as error:
            why = disk_problem(error) or error.strerror or error
            raise InputError(f"cannot make the run folder {folder.path}: {why}") from None
        return folder

    @classmethod
    def all(cls, root: Path) -> list[Self]:
        """Every run below `root`, the newest first."""
        plans = root.glob(f"*/*/{cls.marker}") if root.is_dir() else ()
        return sorted((cls(plan.parent) for plan in plans), key=lambda run: run.id, reverse=True)

    @property
    def id(self) -> str:
        return self.path.name

    @property
    def name(self) -> str:
        return self.path.parent.name

    @property
    def root(self) -> Path:
        return self.path.parent.parent

    @property
    def job(self) -> Path:
        return self.path / "job.yaml"

    @property
    def plan(self) -> Path:
        return self.path / "plan.yaml"

    @property
    def environment(self) -> Path:
        return self.path / "environment.json"

    @property
    def metrics(self) -> Path:
        return self.path / "metrics.csv"

    @property
    def report(self) -> Path:
        return self.path / "report.html"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def plugins(self) -> Path:
        return self.path / "plugins"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def journal(self) -> Journal:
        return Journal(self.path / "events.jsonl")

    def validate_no_links(self) -> None:
        """Raises InputError where a link stands for what a run appends to, or puts files in."""
        grown = [self.journal.file, *(self.logs.glob("*") if self.logs.is_dir() else ())]
        for path in (self.checkpoints, self.logs, self.plugins, *grown):
            validate_no_links(path, self.path)

    def remove(self) -> None:
        """Deletes the folder, and that of its job if no other run is left there."""
        remove_tree(self.path)
        with contextlib.suppress(OSError):  # handled: other runs of the job are left, and so is their folder
            remove_empty_folder(self.path.parent)

    def claim(self) -> str:
        """Makes the run this process's own: who claimed it before finds out by `claimed_by`."""
        token = secrets.token_hex(8)
        write_atomically(self.path / "attempt", token)
        return token

    def claimed_by(self) -> str:
        """The token of the latest claim; empty if there is none."""
        try:
            return read_text(self.path / "attempt")
        except FileNotFoundError:  # handled: nobody has claimed the run
            return ""

    def request_stop(self, reason: str) -> None:
        """Asks the run to checkpoint and stop at its next step, from anywhere that sees its folder or URL."""
        self.note_stop(reason)
        self.send_stop(reason)

    def note_stop(self, reason: str) -> None:
        """The part of it that a signal handler may do: one local file."""
        write_atomically(self._stop, reason)

    def send_stop(self, reason: str) -> None:
        """The part of it that takes the network: processes elsewhere look for the request at the run's URL."""
        if mirror := self._mirror():
            mirror.request(self._stop.name, reason)

    def stop_requested(self) -> str | None:
        """The reason somebody gave for stopping, or None."""
        try:
            return read_text(self._stop)
        except FileNotFoundError:  # handled: nobody has asked it to stop
            return None

    def clear_stop(self) -> None:
        """Forgets such a request."""
        remove_file(self._stop)
        if mirror := self._mirror():
            mirror.withdraw(self._stop.name)

    def refuse(self, reason: str) -> None:
        """A worker's word to the driver: the attempt cannot begin, and nothing has changed."""
        write_atomically(self.path / "refused", reason)

    def refusal(self) -> str:
        """The reason why a worker refused to begin, which is then forgotten; empty where none did."""
        try:
            reason = read_text(self.path / "refused")
        except FileNotFoundError:  # handled: no worker has refused the job
            return ""
        remove_file(self.path / "refused")
        return reason

    def _mirror(self) -> Any:
        if not (self.root / ".url").exists():
            return None
        from framecast.runs.mirror import Mirror  # which knows this class

        return Mirror.of(self.path)

    @property
    def _stop(self) -> Path:
        return self.path / "stop"


def named(text: str, runs: Sequence[AnyFolder]) -> AnyFolder | None:
    """The one of these runs, the newest first, that has this id, or this name, or whose id begins so.

    Raises InputError where more than one id begins so.
    """
    for matches in (
        [run for run in runs if run.id == text],
        [run for run in runs if run.name == text][:1],
        [run for run in runs if run.id.startswith(text)],
    ):
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise InputError(f"run {text!r} could be {', '.join(run.id for run in matches)}: write more of it")
    return None


@contextlib.contextmanager
def reading_out_disk_errors() -> Iterator[None]:
    """Raises what libraries say of a disk in words only, as safetensors and torch do, as the OSError that it
    is."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        number = disk_error_number(str(error))
        if number is None:
            raise
        raise OSError(number, os.strerror(number)) from error
