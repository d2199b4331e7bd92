"""How a variable's stored numbers become physical values, by the CF and netCDF conventions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

import framecast


@dataclass(frozen=True)
class Packing:
    """value = stored * scale + offset; not a number where the stored one is in `fills` or outside `valid`.

    All of `fills` and `valid` are in stored numbers, of type `stored`.
    """

    stored: np.dtype[Any]
    fills: tuple[float, ...]
    valid: tuple[float, float]
    scale: float | None
    offset: float | None

    NETCDF_FILLS: ClassVar[dict[str, float]] = {
        "i2": -32767,
        "u2": 65535,
        "i4": -2147483647,
        "u4": 4294967295,
        "i8": -9223372036854775806,
        "u8": 18446744073709551614,
        "f4": float(np.float32(9.969209968386869e36)),
        "f8": 9.969209968386869e36,
    }
    """What the netCDF library writes where nobody wrote (its NC_FILL_*); bytes have none: all 256 are in use."""

    @classmethod
    def of(
        cls, name: str, stored: np.dtype[Any], attributes: Mapping[str, Any], missing: tuple[float, ...] = ()
    ) -> Packing:
        """From a variable's type and attributes; `missing` are further stored numbers that stand for nothing.

        Raises InputError for an attribute that should be a number and is none.
        """
        signed = {"true": "u", "false": "i"}.get(str(attributes.get("_Unsigned", "")).lower())
        numbers = {
            key: _numbers(name, key, attributes[key])
            for key in ("_FillValue", "missing_value", *_VALID, "scale_factor", "add_offset")
            if key in attributes
        }
        if signed and stored.kind in "iu":
            unsigned = np.dtype(f"{signed}{stored.itemsize}")
            # _FillValue and the others were written in the type of the file
            numbers = {
                key: each.astype(stored).astype(unsigned) if each.dtype == stored else each
                for key, each in numbers.items()
            }
            stored = unsigned
        fills = [value for key in ("_FillValue", "missing_value") for value in numbers.get(key, ())]
        if stored.kind == "f" and stored.itemsize >= 4:
            fills.append(cls.NETCDF_FILLS["f8"])  # no field has such a value, also where it was copied elsewhere
        scale, offset = (
            float(numbers[key][0]) if len(numbers.get(key, ())) else None for key in ("scale_factor", "add_offset")
        )
        return cls(
            stored,
            tuple(dict.fromkeys(cast for each in (*fills, *missing) for cast in _cast(each, stored))),
            _valid(numbers, stored, scale, offset),
            scale,
            offset,
        )

    @property
    def values(self) -> np.dtype[Any]:
        """The type of float that holds the physical values."""
        if self.stored.kind == "f" or not self._packed:
            return np.result_type(np.float32, self.stored)
        return np.dtype(np.float32 if self.stored.itemsize <= 2 else np.float64)

    def unpack(self, stored: np.ndarray) -> np.ndarray:
        """Physical values of the same shape, of type `values`; not a number where nothing is known."""
        stored = self._signed(stored)
        low, high = self.valid
        unknown = np.zeros(stored.shape, bool)
        for fill in self.fills:
            unknown |= stored == np.asarray(fill, stored.dtype)
        if low > -np.inf:
            unknown |= stored < low
        if high < np.inf:
            unknown |= stored > high
        values = stored.astype(np.float64 if self._packed else self.values)
        if self.scale is not None:
            values *= self.scale
        if self.offset is not None:
            values += self.offset
        values = values.astype(self.values, copy=False)
        values[unknown] = np.nan
        return values

    @property
    def default_fill(self) -> float | None:
        """netCDF's default fill value as this type stores it, where it stands for nothing here."""
        return next((fill for fill in self.fills if is_default_fill(fill, self.stored)), None)

    def count_default_fills(self, stored: np.ndarray) -> int:
        """How many stored values are netCDF's default fill value, and stand for nothing."""
        if self.default_fill is None:
            return 0
        return int(np.count_nonzero(self._signed(stored) == np.asarray(self.default_fill, self.stored)))

    def describe(self) -> list[str]:
        """In words: how numbers are packed, and which of them stand for nothing."""
        said = []
        if self._packed:
            said.append(
                f"stored as {self.stored}, scale {_short(1 if self.scale is None else self.scale)}, "
                f"offset {_short(self.offset or 0)}"
            )
        # NaN is no number in any file; where netCDF's 9.97e36 is found, the share of masked values says so
        fills = [fill for fill in self.fills if fill == fill and not 9.96e36 < fill < 9.98e36]
        if fills:
            said.append(f"{' and '.join(map(_short, fills))} {'are' if len(fills) > 1 else 'is'} missing")
        low, high = self.valid
        if (low, high) != (-np.inf, np.inf):
            ends = (f"from {_short(low)}" if low > -np.inf else "", f"to {_short(high)}" if high < np.inf else "")
            said.append(f"valid {' '.join(filter(None, ends))}{' as stored' if self._packed else ''}")
        return said

    def _signed(self, stored: np.ndarray) -> np.ndarray:
        """The same bits, read with or without a sign."""
        differs = stored.dtype.kind in "iu" and stored.dtype != self.stored
        return stored.astype(self.stored) if differs else stored

    @property
    def _packed(self) -> bool:
        return self.scale is not None or self.offset is not None


_VALID = ("valid_range", "valid_min", "valid_max")


def default_fill(stored: np.dtype[Any]) -> float | None:
    """netCDF's fill value of a type, where it has one."""
    return Packing.NETCDF_FILLS.get(f"{stored.kind}{stored.itemsize}")


def is_default_fill(fill: float, stored: np.dtype[Any]) -> bool:
    """Whether a stored number is what netCDF writes where nobody wrote."""
    if stored.kind == "f":
        return 9.96e36 < fill < 9.98e36
    return fill == default_fill(stored)


def _numbers(name: str, key: str, value: Any) -> np.ndarray:
    """An attribute as numbers in the type that it was written with; text is read as a number."""
    found = np.atleast_1d(np.asarray(value))
    if found.dtype.kind in "iufb":
        return found
    try:
        return np.atleast_1d(np.array([float(each) for each in found.ravel()]))
    except (TypeError, ValueError):
        if key == "missing_value" or key == "_FillValue":
            return found[:0]  # "" or "none", as some writers have it: no number is missing
        raise framecast.InputError(
            f"data.variables: {key} of {name} is {value!r}, not a number: mend the file's attribute"
        ) from None


def _cast(value: Any, stored: np.dtype[Any]) -> list[float]:
    """The number as the type stores it (1e20 in float32, say); nothing where the type cannot hold it."""
    with np.errstate(over="ignore", invalid="ignore"):
        cast = np.asarray(value).astype(stored)
    if stored.kind != "f" and float(cast) != float(value):
        return []
    return [cast.item()]


def _valid(
    numbers: Mapping[str, np.ndarray], stored: np.dtype[Any], scale: float | None, offset: float | None
) -> tuple[float, float]:
    """In stored numbers. The netCDF Users Guide has them in physical ones where their type is that of the scale,
    and wider than the stored type."""
    limits = numbers.get("valid_range", ())
    keys = ("valid_range", "valid_range") if len(limits) == 2 else ("valid_min", "valid_max")
    given = limits if len(limits) == 2 else [numbers.get(key, (None,))[0] for key in keys]
    packed = [numbers[key].dtype for key in ("scale_factor", "add_offset") if key in numbers]
    found = []
    for key, value, open_end in zip(keys, given, (-np.inf, np.inf), strict=True):
        limit = open_end if value is None else float(value)
        kind = numbers[key].dtype if value is not None else stored
        if packed and stored.kind in "iu" and kind.kind == "f" and kind == np.result_type(*packed):
            limit = round((limit - (offset or 0)) / (1 if scale is None else scale), 3)
        elif stored.kind == "f":
            limit = float(np.asarray(limit).astype(stored))  # 0.1 in float32 is more than 0.1
        found.append(limit)
    low, high = found
    return (high, low) if scale is not None and scale < 0 and low > high else (low, high)


def _short(value: float) -> str:
    return f"{value:.7g}"
