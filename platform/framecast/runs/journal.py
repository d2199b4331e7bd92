"""events.jsonl: written by rank 0, followed by the console, read by everything else."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from framecast.runs.events import CheckpointSaved, Evaluated, Event, RunStarted, StepDone, from_json
from framecast.runs.tail import lines_of


class Journal:
    """The events of one run, on disk."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def append(self, event: Event) -> None:
        """Adds one event as one write, so that a crash can cut only the last line."""
        line = event.to_json() + "\n"
        with open(self.file, "ab+") as stream:
            if stream.tell() and not _ends_with_newline(stream.fileno()):
                line = "\n" + line  # the writer before us died within a line
            stream.write(line.encode())

    def raw(self) -> list[Event]:
        """Every event of every attempt, in the order written."""
        if not self.file.exists():
            return []
        lines = self.file.read_text(errors="replace").splitlines()
        return [event for line in lines if (event := from_json(line)) is not None]

    def read(self) -> list[Event]:
        """What really came of the run: without the steps that a resumed attempt has overtaken."""
        kept: list[Event] = []
        for event in self.raw():
            if isinstance(event, RunStarted):
                kept = [earlier for earlier in kept if not _overtaken(earlier, event.step)]
            kept.append(event)
        return kept

    def attempts(self) -> int:
        return sum(isinstance(event, RunStarted) for event in self.raw())

    @property
    def size(self) -> int:
        """Bytes written so far."""
        return self.file.stat().st_size if self.file.exists() else 0

    def since(self, start: int) -> Iterator[Event]:
        """The events written after the first `start` bytes, read as they are asked for."""
        if self.file.exists():
            with open(self.file, "rb") as stream:
                stream.seek(start)
                for line in stream:
                    if event := from_json(line.decode(errors="replace")):
                        yield event

    def began_since(self, start: int) -> bool:
        """Whether an attempt has begun after the first `start` bytes were written."""
        return any(isinstance(event, RunStarted) for event in self.since(start))

    def follow(self, ended: Callable[[], bool], seconds: float = 0.1) -> Iterator[Event]:
        """Yields events as they are written, from the end the file has now until `ended()` and all is read."""
        lines = lines_of(self.file, ended, self.size, seconds)
        return (event for line in lines if (event := from_json(line)) is not None)


def _overtaken(event: Event, step: int) -> bool:
    return isinstance(event, StepDone | Evaluated | CheckpointSaved) and event.step > step


def _ends_with_newline(descriptor: int) -> bool:
    size = os.fstat(descriptor).st_size
    return size == 0 or os.pread(descriptor, 1, size - 1) == b"\n"
