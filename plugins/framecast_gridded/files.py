"""Which files a path means, and how each kind is opened."""

from __future__ import annotations

import glob
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import framecast
from framecast_gridded.arrays import open_arrays
from framecast_gridded.packing import default_fill
from framecast_gridded.references import refuse_references

if TYPE_CHECKING:
    import xarray

    from framecast_gridded.zarr_store import BoundedStore

NETCDF = (".nc", ".nc4", ".cdf")
ARRAYS = (".npy", ".npz")


class FieldFile(NamedTuple):
    """A file or a Zarr folder; `version` changes when it is written anew, `layout` is that of arrays."""

    path: Path
    version: int
    layout: str | None = None


def find_files(path: str, layout: str | None = None) -> list[FieldFile]:
    """The files of a path or a pattern, in the order that people count in (2 before 10).

    Raises InputError where there is none, or one that is empty or of another kind.
    """
    place = Path(path)
    found = [place] if place.exists() else _matching(place)
    if not found:
        missing = "no file fits this pattern" if glob.has_magic(path) else "no such file or folder"
        raise framecast.InputError(f"data.path: {path}: {missing}")
    return [
        FieldFile(each, _checked(each), layout)
        for each in sorted(found, key=lambda each: framecast.data.natural_order(str(each)))
    ]


def _matching(pattern: Path) -> list[Path]:
    """The files that fit. The folders that exist are meant as they are named: `[2024]` may be one."""
    literal = next(each for each in pattern.parents if each.is_dir())
    rest = pattern.relative_to(literal)
    return [literal / name for name in glob.glob(str(rest), root_dir=literal, recursive=True)]


def open_file(path: Path, layout: str | None = None) -> xarray.Dataset:
    """The file as a lazy data set, its numbers as stored: its header is read, its fields are not.

    Raises InputError where it cannot be read.
    """
    import xarray

    from framecast_gridded.sizes import check_netcdf
    from framecast_gridded.zarr_store import open_store

    # what coordinates point to (bounds of cells, say) is theirs, not a field
    lazily: dict[str, Any] = {
        "decode_coords": "all",
        "mask_and_scale": False,
        "decode_times": False,
        "decode_timedelta": False,
        "cache": False,
        "chunks": None,
    }
    try:
        if path.suffix.lower() in ARRAYS:
            return open_arrays(path, layout)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of coordinates that point to nothing
            if path.is_dir():
                store = open_store(path)
                opened = xarray.open_dataset(store, engine="zarr", consolidated=False, **lazily)  # type: ignore[arg-type]
                _take_zarr_fills(store, opened)
                if not all(isinstance(name, str) for name in opened.dims):
                    raise framecast.InputError(f"data.path: {path} has dimensions without a name")
                # Zarr lists variables in another order each time, and channels must not change places
                return opened[sorted(opened.data_vars, key=str)]
            refuse_references(path)
            check_netcdf(path)
            opened = xarray.open_dataset(path, engine="netcdf4", **lazily)
            _take_default_fills(path, opened)
            return opened
    except framecast.InputError as error:
        text = str(error)
        raise framecast.InputError(text if text.startswith("data.") else f"data.path: {text}") from None
    except Exception as error:  # the libraries below raise whatever they please about files that are damaged
        raise framecast.InputError(f"data.path: {path} cannot be read: {first_line(error)}") from None


def _take_zarr_fills(store: BoundedStore, opened: xarray.Dataset) -> None:
    """Keeps as `_FillValue` what stands for nothing, and notes each array's fill_value in its encoding.

    xarray takes every fill_value of version 2 for a missing value, because it keeps `_FillValue` there. But 0 is
    what Zarr takes where nobody chose one: those zeros are values, unless an attribute says otherwise.
    """
    import zarr

    group = zarr.open_group(store, mode="r", use_consolidated=False)
    for name, variable in opened.variables.items():
        array = group[str(name)]
        fill = getattr(array, "fill_value", None)
        variable.encoding["fill_value"] = fill
        if group.metadata.zarr_format == 2 and fill == 0 and "_FillValue" not in array.attrs:
            variable.attrs.pop("_FillValue", None)


def _take_default_fills(path: Path, opened: xarray.Dataset) -> None:
    """Notes netCDF's default fill value where none is declared, as netCDF4-python masks it and xarray does not."""
    if not opened.data_vars:
        import netCDF4

        with netCDF4.Dataset(path) as file:
            if file.groups:
                raise framecast.InputError(
                    f"data.path: {path} has its variables in groups ({', '.join(file.groups)}), and only those "
                    "outside groups are read: write the group to a file with "
                    f"xarray.open_dataset(path, group={next(iter(file.groups))!r}).to_netcdf(...)"
                )
    for variable in opened.data_vars.values():
        fill = default_fill(variable.dtype)
        if fill is not None:
            if "_FillValue" not in variable.attrs:
                variable.encoding["undeclared_fill"] = fill
            variable.attrs.setdefault("_FillValue", variable.dtype.type(fill))


def first_line(error: Exception) -> str:
    """What an error of another library says, on one line."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _checked(path: Path) -> int:
    if path.is_dir():
        marks = [path / mark for mark in ("zarr.json", ".zmetadata", ".zgroup") if (path / mark).is_file()]
        if not marks:
            raise framecast.InputError(
                f"data.path: {path} is a folder and no Zarr group: for the files in it write {path}/*.nc"
            )
        return max(mark.stat().st_mtime_ns for mark in marks)
    if path.suffix.lower() not in (*NETCDF, *ARRAYS):
        known = ", ".join((*NETCDF, *ARRAYS))
        raise framecast.InputError(f"data.path: {path} is none of {known}, or a Zarr folder")
    if why := framecast.data.why_unreadable(path):
        raise framecast.InputError(f"data.path: {path}: {why}")
    if not path.stat().st_size:
        raise framecast.InputError(f"data.path: {path} is empty (0 bytes)")
    return path.stat().st_mtime_ns
