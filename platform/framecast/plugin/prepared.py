"""The result of preparing a data set."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from framecast.plugin.data_note import DataNote


class Prepared(NamedTuple):
    """What a data set's `prepare` made: where it lies, a table of what it holds, the sources that were left out,
    and how the others were read."""

    place: Path
    summary: dict[str, str | int | float]
    skipped: list[tuple[str, str]]
    notes: Sequence[DataNote] = ()
