"""Headers of classic netCDF files: sound ones of every version are read, contradictions are one sentence."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from framecast.errors import InputError
from framecast_gridded.classic_header import check_classic_header

VERSIONS = ["NETCDF3_CLASSIC", "NETCDF3_64BIT_OFFSET", "NETCDF3_64BIT_DATA"]


def classic(file: Path, version: Any = VERSIONS[0]) -> bytes:
    import netCDF4

    with netCDF4.Dataset(file, "w", format=version) as opened:
        opened.title = "rain"
        opened.setncattr("levels", np.array([1, 2, 3], np.int16))
        for name, size in (("time", None), ("y", 4), ("x", 5)):
            opened.createDimension(name, size)
        rain = opened.createVariable("rain", "f4", ("time", "y", "x"))
        rain.units = "mm"
        rain[:3] = np.arange(60).reshape(3, 4, 5)
        opened.createVariable("height", "f8")[:] = 2.0
    return file.read_bytes()


@pytest.mark.parametrize("version", VERSIONS)
def test_sound_headers_are_read_by_every_version(version: str, tmp_path: Path) -> None:
    classic(tmp_path / "a.nc", version)
    check_classic_header(tmp_path / "a.nc")


@pytest.mark.parametrize("version", ["NETCDF4", "NETCDF4_CLASSIC"])
def test_other_files_are_left_to_their_readers(version: str, tmp_path: Path) -> None:
    classic(tmp_path / "a.nc", version)
    check_classic_header(tmp_path / "a.nc")
    (tmp_path / "b.nc").write_bytes(b"CD")
    check_classic_header(tmp_path / "b.nc")


@pytest.mark.parametrize(
    ("place", "number", "reason"),
    [
        (12, 2**27, "it states 134,217,728 dimensions in a file of"),
        (12, 2**32 - 1, "dimensions in a file of"),
        (16, 2**31, "bytes of a name"),
        (8, 11, "the list of dimensions is not where it should be"),
        (8, 0, "there are no dimensions, and 3 of them"),
    ],
)
def test_a_number_that_the_file_cannot_hold_is_refused(
    place: int, number: int, reason: str, tmp_path: Path
) -> None:
    content = bytearray(classic(tmp_path / "a.nc"))
    content[place : place + 4] = struct.pack(">I", number)
    (tmp_path / "a.nc").write_bytes(content)
    with pytest.raises(InputError, match=rf"a\.nc cannot be read: its header is damaged: .*{reason}"):
        check_classic_header(tmp_path / "a.nc")


def test_a_variable_of_a_dimension_that_is_not_there_is_refused(tmp_path: Path) -> None:
    content = classic(tmp_path / "a.nc")
    name = content.index(b"rain", content.index(b"levels"))
    place = name + 4 + 4  # behind the name: the number of dimensions, then the first of them
    assert content[place - 4 : place + 4] == struct.pack(">II", 3, 0)
    (tmp_path / "a.nc").write_bytes(content[:place] + struct.pack(">I", 3) + content[place + 4 :])
    with pytest.raises(InputError, match="a variable has dimension 3, there are 3"):
        check_classic_header(tmp_path / "a.nc")


@pytest.mark.parametrize("length", range(4, 200, 7))
def test_a_header_that_is_cut_off_is_refused(length: int, tmp_path: Path) -> None:
    (tmp_path / "a.nc").write_bytes(classic(tmp_path / "a.nc")[:length])
    with pytest.raises(InputError, match="its header is damaged"):
        check_classic_header(tmp_path / "a.nc")
