"""Values of a trial's settings as text, and their order."""

from __future__ import annotations

from typing import Any


def value_text(value: Any) -> str:
    """At most three digits of a float; a dash where a setting has no value."""
    if value is None:
        return "–"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def value_order(shown: str) -> tuple[int, float, str]:
    """Numbers by size, then words."""
    try:
        return 0, float(shown), ""
    except ValueError:  # handled: no number; words are sorted after numbers
        return 1, 0.0, shown
