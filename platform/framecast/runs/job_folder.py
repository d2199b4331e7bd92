"""The folder of a job that runs: what a run and a search have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from framecast.bounded.regular_file import read_text
from framecast.errors import InputError, disk_problem
from framecast.files import make_folder, remove_file, validate_no_links, write_atomically
from framecast.runs import layout
from framecast.runs.folder import Folder, new_run_id
from framecast.runs.journal import Journal
from framecast.runs.stop_request import StopRequest


class JobFolder(Folder):
    """Job, environment, events, logs, report and requests to stop."""

    @classmethod
    def create(cls, root: Path, name: str, run_id: str | None = None) -> Self:
        """A new folder root/name/<run id>. Raises InputError if it cannot be written."""
        folder = cls(root / name / (run_id or new_run_id()))
        try:
            for inner in folder.made_at_once():
                make_folder(inner, folder.path, exist_ok=False)
        except OSError as error:
            why = disk_problem(error) or error.strerror or error
            raise InputError(f"cannot make the run folder {folder.path}: {why}") from None
        return folder

    def made_at_once(self) -> list[Path]:
        """The folders within a new one."""
        return [self.logs]

    @property
    def job(self) -> Path:
        return self.path / layout.JOB

    @property
    def environment(self) -> Path:
        return self.path / layout.ENVIRONMENT

    @property
    def report(self) -> Path:
        return self.path / layout.REPORT

    @property
    def plugins(self) -> Path:
        return self.path / layout.PLUGINS

    @property
    def driver(self) -> Path:
        return self.path / layout.DRIVER

    @property
    def journal(self) -> Journal:
        return Journal(self.path / layout.EVENTS)

    def appended(self) -> list[Path]:
        """What a process appends to, or puts files in."""
        logs = self.logs.glob("*") if self.logs.is_dir() else ()
        return [self.logs, self.plugins, self.journal.file, *logs]

    def validate_no_links(self) -> None:
        """Raises InputError where a link stands in place of one of those."""
        for path in self.appended():
            validate_no_links(path, self.path)

    def note_stop(self, request: StopRequest) -> None:
        """Asks the processes on this disk to write a checkpoint and stop; `runs.stopping` also reaches those at a
        URL."""
        write_atomically(self._stop, request.to_text())

    def stop_requested(self) -> StopRequest | None:
        try:
            return StopRequest.from_text(read_text(self._stop))
        except FileNotFoundError:  # handled: no one has asked it to stop
            return None

    def clear_stop(self) -> None:
        remove_file(self._stop)

    @property
    def _stop(self) -> Path:
        return self.path / layout.STOP
