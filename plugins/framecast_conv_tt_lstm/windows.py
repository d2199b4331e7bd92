"""Which core of a tensor train sees which past hidden state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

Window = Literal["sliding", "fixed"]


@dataclass(frozen=True)
class Windows:
    """M = `order` cores look at the last N = `steps` hidden states through windows of D states each.

    `sliding` (the paper's, D = N - M + 1): core i sees the states i ... i + D - 1, counted from the oldest.
    `fixed` (D = N): every core sees all of them.

        sliding, order 3, steps 5             fixed, order 3, steps 5
        state    0  1  2  3  4                state    0  1  2  3  4
        core 0   x  x  x                      core 0   x  x  x  x  x
        core 1      x  x  x                   core 1   x  x  x  x  x
        core 2         x  x  x                core 2   x  x  x  x  x

    `rank` are the channels R_i that leave each core. Raises ValueError for what is no tensor train.
    """

    steps: int
    rank: tuple[int, ...]
    kind: Window = "sliding"

    @classmethod
    def of(cls, order: int, steps: int, rank: int | Sequence[int], kind: Window = "sliding") -> Windows:
        """From an order and a rank, one for all cores or one for each."""
        each = (rank,) * order if isinstance(rank, int) else tuple(rank)
        if order < 1:
            raise ValueError(f"order ({order}) must be at least 1: a tensor train has a core")
        if len(each) != order:
            raise ValueError(
                f"rank names {len(each)} cores and order {order}: give one number, or one for each core"
            )
        return cls(steps, each, kind)

    def __post_init__(self) -> None:
        if self.kind not in get_args(Window):
            raise ValueError(f"window ({self.kind!r}) must be one of {', '.join(get_args(Window))}")
        if self.steps < 1:
            raise ValueError(f"steps ({self.steps}) must be at least 1")
        if min(self.rank) < 1:
            raise ValueError(f"rank ({', '.join(map(str, self.rank))}) must be at least 1 in every core")
        if self.kind == "sliding" and self.order > self.steps:
            raise ValueError(
                f"order ({self.order}) must not exceed steps ({self.steps}): "
                "with sliding windows every core starts from a past state of its own"
            )

    @property
    def order(self) -> int:
        """M, the number of cores."""
        return len(self.rank)

    @property
    def length(self) -> int:
        """D, the number of states that a core sees."""
        return self.steps if self.kind == "fixed" else self.steps - self.order + 1

    @property
    def channels(self) -> int:
        """Channels that leave all cores together."""
        return sum(self.rank)

    def state(self, core: int, place: int) -> int:
        """The state that a core sees at a place in its window, counted from the oldest of the N states."""
        return place if self.kind == "fixed" else core + place

    def states(self, core: int) -> slice:
        """The states that a core sees, among the N states, oldest first."""
        return slice(self.state(core, 0), self.state(core, self.length - 1) + 1)

    def cores(self, age: int) -> range:
        """The cores that see the state of an age; 0 is the newest, N - 1 the oldest."""
        state = self.steps - 1 - age
        if self.kind == "fixed":
            return range(self.order)
        return range(max(0, state - self.length + 1), min(self.order, state + 1))

    def places(self) -> Iterator[tuple[int, int, int]]:
        """(age, core, place in the core's window) of every kernel P_i[d], by age, then core.

        In this order one convolution of a new hidden state computes what all cores will need of it.
        """
        for age in range(self.steps):
            for core in self.cores(age):
                yield age, core, self.steps - 1 - age - self.state(core, 0)

    @cached_property
    def ages(self) -> tuple[tuple[slice, slice], ...]:
        """For each age the rows of its window kernels, in the order of `places`, and the channels of its cores
        among those of all cores."""
        found, end = [], 0
        for age in range(self.steps):
            cores = self.cores(age)
            span = slice(sum(self.rank[: cores.start]), sum(self.rank[: cores.stop]))
            begin, end = end, end + span.stop - span.start
            found.append((slice(begin, end), span))
        return tuple(found)

    def span(self, core: int) -> slice:
        """The channels of one core among all cores'."""
        return slice(sum(self.rank[:core]), sum(self.rank[: core + 1]))
