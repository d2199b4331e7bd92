"""What launching an attempt changes in a run's folder, so that one that cannot start leaves the run as it was."""

from __future__ import annotations

from pathlib import Path

from framecast.files import remove_file, truncate_file, write_atomically
from framecast.runs import layout
from framecast.runs.run_folder import RunFolder


class Undo:
    """Remembers a run as it is now. Files that the platform replaces are kept as a whole, files that grow by their
    length."""

    def __init__(self, run: RunFolder) -> None:
        self._run = run
        replaced = (run.plan, run.environment, run.driver, run.lease_file, run.journal.last_word)
        self._contents = {file: file.read_bytes() if file.exists() else None for file in replaced}
        growing = (run.journal.file, run.metrics, *_logs(run))
        self._lengths = {file: file.stat().st_size for file in growing if file.exists()}

    def restore(self) -> Path:
        """Takes everything back. Returns the file with what the logs had said in between."""
        refused = self._run.logs / layout.REFUSED_LOG
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
    return [file for file in run.log_files() if file.name != layout.REFUSED_LOG]
