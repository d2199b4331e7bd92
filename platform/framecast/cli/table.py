"""Listings: columns of text, as wide as they need to be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import typer


def table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Prints rows below their header; None is shown as a dash."""
    texts = [list(header), *([_text(value) for value in row] for row in rows)]
    widths = [max(len(row[column]) for row in texts) for column in range(len(header))]
    for row in texts:
        typer.echo("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())


def _text(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.5g}" if isinstance(value, float) else str(value)
