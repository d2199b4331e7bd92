"""Listings: columns of text, as wide as they need to be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import typer

from framecast.plain_text import one_line


def table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Prints rows below their header; None is shown as a dash."""
    for line in lines_of_table(header, rows):
        typer.echo(line)


def lines_of_table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    """The lines of a table, the header first."""
    texts = [list(header), *([_text(value) for value in row] for row in rows)]
    widths = [max(len(row[column]) for row in texts) for column in range(len(header))]
    return [
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in texts
    ]


def fit(line: str, width: int) -> str:
    """The line, its end left out where it is longer than `width`."""
    line = one_line(line)
    return line if len(line) <= width else line[: max(0, width - 1)] + "…"


def _text(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.5g}" if isinstance(value, float) else one_line(str(value))
