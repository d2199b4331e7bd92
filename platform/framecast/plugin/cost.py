"""The cost of a model."""

from __future__ import annotations

from typing import NamedTuple


class Cost(NamedTuple):
    """What a model costs: trainable numbers, and multiplications per time step of one sample."""

    parameters: int
    multiplies: int
