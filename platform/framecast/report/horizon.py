"""What the values of a score lie over: predicted frames, or observed shares of a clip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from framecast.plugin.declarations import Answer
from framecast.report.chart import Points


@dataclass(frozen=True)
class Horizon:
    """`label` names it below an axis; `shares` are the observed ones, none where it is predicted frames."""

    label: str
    shares: tuple[float, ...] = ()

    @classmethod
    def of(cls, requires: Answer, readings: Sequence[float]) -> Horizon:
        """That of a score which needs frames, or the logits of some readings."""
        if requires == "frames":
            return cls("predicted frame")
        return cls("observed share of the clip, %", tuple(readings))

    @property
    def reach(self) -> tuple[float, ...]:
        """What an axis shows in any case: the whole clip."""
        return (0.0, 100.0) if self.shares else ()

    def points(self, values: Sequence[float]) -> Points:
        """The values where they belong on the axis."""
        places = [100 * share for share in self.shares] or range(1, len(values) + 1)
        return list(zip(places, values, strict=True))
