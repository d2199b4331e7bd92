"""What launching an attempt changes in a run's folder, so that one that cannot start leaves the run as it was."""

from __future__ import annotations

from pathlib import Path

from framecast.runs.folder import RunFolder
from framecast.safe_files import remove_file, truncate_file, write_atomically

REFUSED_LOG = "refused-resume.log"
"""Where the logs of an attempt go that could not start, within the run's logs."""


class Undo:
    """Remembers a run as it is now. Files that the platform replaces are kept as a whole, files that grow by their
    length."""

    def __init__(self, run: RunFolder) -> None:
        self._run = run
        names = ("driver.json", "attempt", "events-end.jsonl")
        replaced = (run.plan, run.environment, *(run.path / name for name in names))
        self._contents = {file: file.read_bytes() if file.exists() else None for file in replaced}
        growing = (run.journal.file, run.metrics, *_logs(run))
        self._lengths = {file: file.stat().st_size for file in growing if file.exists()}

    def restore(self) -> Path:
        """Takes everything back. Returns the file with what the logs had said in between."""
        refused = self._run.logs / REFUSED_LOG
        said = b""
        for file in (self._run.journal.file, self._run.metrics, *_logs(self._run)):
            length = self._lengths.get(file)
            if file.suffix == ".log" and file.exists() and file != refused:
                said += file.read_bytes()[length or 0 :]
            if length is None:
                remove_file(file, self._run.path)
            elif file.stat().st_size > length:
                truncate_file(file, length, self._run.path)
        for file, content in self._contents.items():
            if content is None:
                remove_file(file, self._run.path)
            elif file.read_bytes() != content:
                write_atomically(file, content, self._run.path)
        write_atomically(refused, said, self._run.path)
        return refused


def _logs(run: RunFolder) -> list[Path]:
    return sorted(file for file in run.logs.glob("*.log") if file.name != REFUSED_LOG)
