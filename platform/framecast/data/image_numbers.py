"""The numbers in the names of a folder's images, which are the only clock that such a folder has."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple


class NumberBreaks(NamedTuple):
    """Places in the sequence before which the numbering jumps, and the first jump in words."""

    places: tuple[int, ...] = ()
    first: str = ""


def find_number_breaks(names: Sequence[str]) -> NumberBreaks:
    """Of file names in the order of their numbers. Names count where they differ in one number alone; what is
    usual is the step that most neighbours have, as long as they are more than half."""
    parts = [re.split(r"(\d+)", name) for name in names]
    if len(names) < 3 or len({len(part) for part in parts}) > 1:
        return NumberBreaks()
    varying = [place for place in range(len(parts[0])) if len({part[place] for part in parts}) > 1]
    if len(varying) != 1 or varying[0] % 2 == 0:
        return NumberBreaks()
    numbers = [int(part[varying[0]]) for part in parts]
    steps = [after - before for before, after in pairwise(numbers)]
    usual, count = Counter(steps).most_common(1)[0]
    if 2 * count <= len(steps):
        return NumberBreaks()
    places = tuple(place for place, step in enumerate(steps, start=1) if step > usual)
    first = f"{names[places[0] - 1]} is followed by {names[places[0]]}" if places else ""
    return NumberBreaks(places, first)
