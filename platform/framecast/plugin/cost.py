"""The cost of a model."""

from __future__ import annotations

from typing import NamedTuple


class Cost(NamedTuple):
    """The cost of a model: trainable parameters, and multiply-accumulate operations (MACs) per time step of one
    sample."""

    parameters: int
    macs: int
