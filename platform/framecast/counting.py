"""Counts in words: 1 GPU, 2 GPUs, 1,200 clips."""

from __future__ import annotations


def plural(count: float, noun: str, nouns: str = "") -> str:
    """A count and its noun, in the plural unless it is one: plural(1, "clip"), plural(3, "class", "classes")."""
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}"


def named_count(count: int, nouns: str) -> str:
    """A count whose name is in the plural, as the counts of a metric have it: named_count(1, "identical_frames")
    is "1 identical frame"."""
    words = nouns.replace("_", " ")
    return plural(count, words.removesuffix("s"), words)
