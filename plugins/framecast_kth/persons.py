"""Which persons train, validate and test."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Persons(NamedTuple):
    """Person numbers; where `validation` is empty, it is held out of `train`."""

    train: tuple[int, ...]
    validation: tuple[int, ...]
    test: tuple[int, ...]


SPLITS = {
    "video_prediction": Persons(tuple(range(1, 17)), (), tuple(range(17, 26))),
    "1-20/21-25": Persons(tuple(range(1, 21)), (), tuple(range(21, 26))),
    # Schuldt, Laptev and Caputo, ICPR 2004
    "schuldt": Persons(tuple(range(11, 19)), (19, 20, 21, 23, 24, 25, 1, 4), (22, 2, 3, 5, 6, 7, 8, 9, 10)),
}
HELD_OUT = 2


def persons_of(split: str, part: str, held_out: Sequence[int] | None = None) -> set[int]:
    """The persons of `part` (train, validation, test) of a split; `held_out` validate instead of training."""
    persons = SPLITS[split]
    validation = set(persons.validation or held_out or persons.train[-HELD_OUT:])
    if part == "validation":
        return validation
    return set(persons.test) if part == "test" else set(persons.train) - validation
