"""Normalisation of fields in physical units, by the statistics of the training split."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Normalisation:
    """value -> (value - offset) / scale, one offset and scale for each channel, in the data's own units.

    `fill` is what takes the place of values that are not finite, in those units too; the offset where it is empty.
    """

    offset: tuple[float, ...]
    scale: tuple[float, ...]
    fill: tuple[float, ...] = ()

    def applied(self, frames_TCHW: np.ndarray) -> np.ndarray:
        """From physical units to the model's, float32, gaps filled."""
        frames_TCHW = np.where(np.isfinite(frames_TCHW), frames_TCHW, _column(self.fill or self.offset))
        return ((frames_TCHW - _column(self.offset)) / _column(self.scale)).astype(np.float32)

    def undone(self, frames_TCHW: np.ndarray) -> np.ndarray:
        """From the model's units to physical ones, float32."""
        return (frames_TCHW * _column(self.scale) + _column(self.offset)).astype(np.float32)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Normalisation:
        return cls(*(tuple(values[name]) for name in ("offset", "scale", "fill")))


def _column(values: tuple[float, ...]) -> np.ndarray:
    return np.array(values, np.float64)[:, None, None]
