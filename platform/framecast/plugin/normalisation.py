"""Normalisation of fields in physical units, by the statistics of the training split."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from framecast.errors import InputError


@dataclass(frozen=True)
class Normalisation:
    """value -> (value - offset) / scale, one offset and scale for each channel, in the data's own units.

    `fill` is what takes the place of values that are not finite, in those units too; the offset where it is empty.
    `names` and `units` are those of the channels, empty where they are not known: new files are read by them.
    """

    offset: tuple[float, ...]
    scale: tuple[float, ...]
    fill: tuple[float, ...] = ()
    names: tuple[str, ...] = ()
    units: tuple[str, ...] = ()

    def applied(self, frames_TCHW: np.ndarray) -> np.ndarray:
        """From physical units to the model's, float32, gaps filled."""
        frames_TCHW = np.where(np.isfinite(frames_TCHW), frames_TCHW, _column(self.fill or self.offset))
        scaled_TCHW: np.ndarray = (frames_TCHW - _column(self.offset)) / _column(self.scale)
        return scaled_TCHW.astype(np.float32)

    def undone(self, frames_TCHW: np.ndarray) -> np.ndarray:
        """From the model's units to physical ones, float32."""
        physical_TCHW: np.ndarray = frames_TCHW * _column(self.scale) + _column(self.offset)
        return physical_TCHW.astype(np.float32)

    def conversion_to(self, other: Normalisation) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(factor, offset, fill), each (C, 1, 1) float64: a value normalised by `self`, times `factor` plus
        `offset`, is normalised by `other`; `fill` is what `other` puts in gaps."""
        scale, its_scale = _column(self.scale), _column(other.scale)
        offset = (_column(self.offset) - _column(other.offset)) / its_scale
        return scale / its_scale, offset, (_column(other.fill or other.offset) - _column(other.offset)) / its_scale

    def is_equivalent(self, other: Normalisation) -> bool:
        """Whether both give the same numbers; names and units may differ."""
        ours, theirs = ((each.offset, each.scale, each.fill or each.offset) for each in (self, other))
        return ours == theirs

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Normalisation:
        """Checkpoints of earlier versions know no names and no units. Raises InputError where they are no
        normalisation."""
        try:
            found = cls(**{each.name: tuple(values.get(each.name, ())) for each in fields(cls)})
            numbers = [float(each) for part in (found.offset, found.scale, found.fill) for each in part]
            texts = all(isinstance(each, str) for each in (*found.names, *found.units))
        except (TypeError, ValueError, AttributeError, OverflowError) as error:
            raise InputError(f"a normalisation is damaged: {error}") from None
        usable = found.offset and len(found.offset) == len(found.scale) and 0.0 not in found.scale
        others = all(len(part) in (0, len(found.offset)) for part in (found.fill, found.names, found.units))
        if not (usable and others and texts and all(map(math.isfinite, numbers))):
            raise InputError("a normalisation is damaged: it does not have a number for each channel")
        return found


def _column(values: tuple[float, ...]) -> np.ndarray:
    return np.array(values, np.float64)[:, None, None]
