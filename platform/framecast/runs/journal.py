"""events.jsonl: written by rank 0, followed by the console, read by everything else."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

from framecast.bounded.regular_file import read_lines
from framecast.files import open_to_append, remove_file, write_atomically
from framecast.plugin.event_lines import parse_event
from framecast.plugin.events import ENDINGS, CheckpointSaved, Evaluated, Event, RunStarted, StepDone
from framecast.runs.outline import outline
from framecast.runs.tail import lines_of

_SHORT = 64 << 10
"""Bytes up to which all events are read where an outline is asked for."""
_ROOM = 16 << 10  # bytes: for the last event, and for the report's own complaint


class Journal:
    """The events of one run, on disk."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._reserve = file.with_name(f".{file.stem}.reserve")
        self.last_word = file.with_name(f"{file.stem}-end{file.suffix}")

    def append(self, event: Event) -> None:
        """Adds one event as one write, so that a crash can cut only the last line.

        Raises OSError where the disk takes no more. How the run ended is written even then: in the room that is
        kept for it from the beginning of the attempt, or else in a file of its own.
        """
        if isinstance(event, RunStarted):
            self._write(event)
            self._keep_room()
        elif isinstance(event, ENDINGS):
            try:
                self._write(event)
            except OSError:  # handled: how the run ended goes into the room that was kept for it
                self._write_last_word(event)
            remove_file(self._reserve)
        else:
            self._write(event)

    def _keep_room(self) -> None:
        with suppress(OSError):  # handled: the disk is nearly full, which the next events will say
            remove_file(self.last_word)
            write_atomically(self._reserve, bytes(_ROOM))

    def _write_last_word(self, event: Event) -> None:
        remove_file(self._reserve)
        try:
            self._write(event)
        except OSError:  # handled: the file may not grow; how the run ended goes into a file beside it
            write_atomically(self.last_word, event.to_json() + "\n")

    def _write(self, event: Event) -> None:
        line = event.to_json() + "\n"
        try:
            with open_to_append(self.file) as stream:
                if stream.tell() and not _ends_with_newline(stream.fileno()):
                    line = "\n" + line  # the writer before us died within a line
                stream.write(line.encode())
        except OSError as error:
            error.filename = str(self.file)
            raise

    def raw(self) -> list[Event]:
        """Every event of every attempt, in the order written."""
        return self.raw_and_damage()[0]

    def raw_and_damage(self) -> tuple[list[Event], int]:
        """The same, and how many lines are no events."""
        lines = list(self._lines(self.file))
        events = [event for event in (*lines, *self._lines(self.last_word)) if event is not None]
        return events, spoilt_lines(lines)

    def outline(self) -> tuple[list[Event], int]:
        """What came of the run, as `read`, and how many lines are no events.

        Of a long run most steps are left out: those that remain end it, or were the last before it was resumed or
        something else was noted. Whether the others are whole is not looked at.
        """
        if self.size <= _SHORT:
            lines = list(self._lines(self.file))
            events = [event for event in lines if event is not None]
        else:
            events, lines = outline(self.file)
        events += [event for event in self._lines(self.last_word) if event is not None]
        return without_overtaken(events), spoilt_lines(lines)

    def _lines(self, *files: Path) -> Iterator[Event | None]:
        """The event of each line; None for a line that is none. Raises InputError where a file cannot be read."""
        for file in files:
            with suppress(FileNotFoundError):  # handled: nothing has been written yet
                for line in read_lines(file):
                    yield parse_event(line.decode(errors="replace"))

    def read(self) -> list[Event]:
        """What really came of the run: without the steps that a resumed attempt has overtaken."""
        return without_overtaken(self.raw())

    def attempts(self) -> int:
        return sum(isinstance(event, RunStarted) for event in self.raw())

    @property
    def size(self) -> int:
        """Bytes written so far."""
        return self.file.stat().st_size if self.file.exists() else 0

    def since(self, start: int) -> Iterator[Event]:
        """The events written after the first `start` bytes, read as they are asked for."""
        for file, begin in ((self.file, start), (self.last_word, 0)):
            if file.exists():
                for line in read_lines(file, begin):
                    if event := parse_event(line.decode(errors="replace")):
                        yield event

    def began_since(self, start: int) -> bool:
        """Whether an attempt has begun after the first `start` bytes were written."""
        return any(isinstance(event, RunStarted) for event in self.since(start))

    def follow(self, ended: Callable[[], bool], seconds: float = 0.1) -> Iterator[Event]:
        """Yields events as they are written, from the end the file has now until `ended()` and all is read."""
        lines = lines_of(self.file, ended, self.size, seconds)
        return (event for line in lines if (event := parse_event(line)) is not None)


def spoilt_lines(lines: Sequence[Event | None]) -> int:
    """How many lines are no events, but for those that a crash has cut: the last one of an attempt."""
    return sum(event is None and not isinstance(following, RunStarted) for event, following in pairwise(lines))


def without_overtaken(events: Iterable[Event]) -> list[Event]:
    """The events without the steps that a resumed attempt has overtaken."""
    kept: list[Event] = []
    for event in events:
        if isinstance(event, RunStarted):
            kept = [earlier for earlier in kept if not _overtaken(earlier, event.step)]
        kept.append(event)
    return kept


def _overtaken(event: Event, step: int) -> bool:
    return isinstance(event, StepDone | Evaluated | CheckpointSaved) and event.step > step


def _ends_with_newline(descriptor: int) -> bool:
    size = os.fstat(descriptor).st_size
    return size == 0 or os.pread(descriptor, 1, size - 1) == b"\n"
