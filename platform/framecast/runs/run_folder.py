"""The folder of a run: one execution of a plan."""

from __future__ import annotations

import secrets
from pathlib import Path

from framecast.bounded.regular_file import read_text
from framecast.files import remove_file, write_atomically
from framecast.runs import layout
from framecast.runs.job_folder import JobFolder


class RunFolder(JobFolder):
    """One run on disk, also that of a trial."""

    marker = layout.PLAN

    def made_at_once(self) -> list[Path]:
        return [self.checkpoints, self.logs]

    @property
    def plan(self) -> Path:
        return self.path / layout.PLAN

    @property
    def metrics(self) -> Path:
        return self.path / layout.METRICS

    @property
    def checkpoints(self) -> Path:
        return self.path / layout.CHECKPOINTS

    @property
    def trial(self) -> Path:
        """What a search notes of a trial; absent for any other run."""
        return self.path / layout.TRIAL

    @property
    def phases_log(self) -> Path:
        return self.logs / layout.PHASES_LOG

    def worker_log(self, rank: int) -> Path:
        return self.logs / layout.worker_log(rank)

    def evaluations(self, ending: str = "") -> list[Path]:
        """The files that `platform evaluate` wrote here."""
        return sorted(self.path.glob(f"{layout.EVALUATIONS}{ending}"))

    def appended(self) -> list[Path]:
        return [self.checkpoints, *super().appended()]

    def take_lease(self) -> str:
        """Makes this process the one that may write the run. The process before it finds out by `lease`."""
        token = secrets.token_hex(8)
        write_atomically(self.lease_file, token)
        return token

    def lease(self) -> str:
        """The token of the process that may write the run; empty before the first one."""
        try:
            return read_text(self.lease_file)
        except FileNotFoundError:  # handled: no attempt has begun
            return ""

    def refuse(self, reason: str) -> None:
        """Tells the driver that a worker cannot begin the attempt, and that nothing has changed."""
        write_atomically(self._refused, reason)

    def take_refusal(self) -> str:
        """Removes the reason why a worker refused to begin, and returns it; empty where none did."""
        try:
            reason = read_text(self._refused)
        except FileNotFoundError:  # handled: no worker has refused the job
            return ""
        remove_file(self._refused)
        return reason

    @property
    def lease_file(self) -> Path:
        return self.path / layout.LEASE

    @property
    def _refused(self) -> Path:
        return self.path / layout.REFUSED
