"""A table of a page: columns with a note each, and rows of cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """`note` is a second line below the title: a protocol, a unit."""

    title: str
    note: str = ""
    words: bool = False
    """Whether its cells are words, set to the left, and not numbers."""


@dataclass(frozen=True)
class Cell:
    """`note` is a second line, such as an interval; `best` marks the best of its column, and `colour` is the
    class of the series that the row is about."""

    text: str
    note: str = ""
    best: bool = False
    colour: str = ""


@dataclass(frozen=True)
class Row:
    """`emphasis` sets the row apart: it is what the table is about."""

    cells: Sequence[Cell]
    emphasis: bool = False


@dataclass(frozen=True)
class Table:
    columns: Sequence[Column]
    rows: Sequence[Row]
    caption: str = ""


def words(*texts: str, emphasis: bool = False) -> Row:
    """A row of plain cells."""
    return Row([Cell(text) for text in texts], emphasis)
