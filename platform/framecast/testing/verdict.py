"""How a check says what it found: nothing where all is well, else words."""

from __future__ import annotations


class Nonconformity(AssertionError):
    """The plugin breaks its contract; the message says where."""


class LeftOut(Exception):
    """The check does not apply; the message says why. Reported, never hidden."""


def require(holds: object, words: str) -> None:
    """Raises Nonconformity unless it holds. No `assert`: python -O would find every plugin right."""
    if not holds:
        raise Nonconformity(words)
