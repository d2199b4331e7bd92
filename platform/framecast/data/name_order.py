"""The order in which people count: frame 2 before frame 10."""

from __future__ import annotations

import re


def natural_order(name: str) -> tuple[list[tuple[int, str]], str]:
    """The key to sort names by. Names of one number, such as 1.png and 01.png, have an order too: folders are
    listed in any."""
    parts = re.split(r"(\d+)", name)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts], name
