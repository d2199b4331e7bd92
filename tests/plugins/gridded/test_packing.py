"""What stored numbers mean: by the CF conventions, as netCDF4-python reads them."""

from __future__ import annotations

from typing import Any

import netCDF4
import numpy as np
import pytest
import xarray
import zarr

from framecast_gridded.fields import Fields
from framecast_gridded.packing import Packing
from framecast_gridded.statistics import statistics_of


@pytest.fixture
def stored(tmp_path):
    """Writes a netCDF file whose variable `v` holds these numbers in each row, stored as they are."""

    def write(numbers, kind, fill=None, file_format="NETCDF4", **attributes):
        path = tmp_path / "a.nc"
        with netCDF4.Dataset(path, "w", format=file_format) as file:
            for name, size in (("time", 6), ("y", 2), ("x", len(numbers))):
                file.createDimension(name, size)
            variable = file.createVariable("v", kind, ("time", "y", "x"), fill_value=fill)
            variable.set_auto_maskandscale(False)
            variable.setncatts(attributes)
            variable[:] = np.tile(np.array(numbers, kind), (6, 2, 1))
        return path

    return write


def as_read(path, settings_for, **more):
    return Fields.open(settings_for(path, **more)).read(0, 1)[0, 0, 0]


def as_netcdf4_reads(path):
    with netCDF4.Dataset(path) as file:
        return np.ma.filled(np.ma.asarray(file["v"][0, 0]).astype(np.float64), np.nan)


CASES: dict[str, Any] = {
    "fill value": ([1, 2, -5], "i2", {"fill": -5}),
    "no fill declared, shorts": ([1, -32767, 3], "i2", {}),
    "no fill declared, integers": ([1, -2147483647, 3], "i4", {}),
    "no fill declared, floats": ([1, netCDF4.default_fillvals["f4"], 3], "f4", {}),
    "no fill declared, doubles": ([1, netCDF4.default_fillvals["f8"], 3], "f8", {}),
    "missing value": ([1, -99, 3], "f4", {"missing_value": np.float32(-99)}),
    "several missing values": ([-999, 0, 1, 999], "i2", {"missing_value": np.array([-999, 999], "i2")}),
    "fill value and missing value": ([1, -5, -6], "i2", {"fill": -5, "missing_value": np.int16(-6)}),
    "valid range": ([-1, 0, 10000, 10001], "i2", {"valid_range": np.array([0, 10000], "i2")}),
    "valid range, packed": (
        [-1, 0, 10000, 32767],
        "i2",
        {"valid_range": np.array([0, 10000], "i2"), "scale_factor": 0.01, "add_offset": 5.0},
    ),
    "valid minimum": ([-1, 0, 5], "f4", {"valid_min": np.float32(0)}),
    "valid maximum": ([1, 99, 100], "u1", {"valid_max": np.uint8(99)}),
    "only an offset": ([1, 2, 3], "i2", {"add_offset": 273.15}),
    "a negative scale": ([1, 2, 30], "i2", {"scale_factor": -0.5, "valid_max": np.int16(10)}),
    "packed with a hole": ([1, 2, -32768], "i2", {"fill": -32768, "scale_factor": 0.1, "add_offset": 20.0}),
    "not a number": ([1, np.nan, 3], "f4", {"fill": np.nan}),
}


@pytest.mark.parametrize("case", CASES)
def test_numbers_mean_what_netcdf4_python_makes_of_them(stored, settings_for, case):
    numbers, kind, attributes = CASES[case]
    path = stored(numbers, kind, **attributes)

    np.testing.assert_allclose(as_read(path, settings_for), as_netcdf4_reads(path), rtol=1e-6)


@pytest.mark.parametrize(
    ("numbers", "attributes", "expected"),
    [
        ([1, -1, 3], {}, [1, 255, 3]),
        ([1, -1, -2], {"fill": -1}, [1, np.nan, 254]),
        ([1, -56, -55], {"valid_max": np.int8(-56)}, [1, 200, np.nan]),
        ([1, -56, -1], {"valid_range": np.array([0, -56], "i1"), "scale_factor": 0.5}, [0.5, 100, np.nan]),
    ],
)
def test_unsigned_bytes_of_old_files(stored, settings_for, numbers, attributes, expected):
    path = stored(numbers, "i1", file_format="NETCDF3_CLASSIC", **attributes, _Unsigned="true")

    np.testing.assert_allclose(as_read(path, settings_for), expected)


def test_attributes_in_double_precision_mean_their_single_ones(stored, settings_for):
    """netCDF4-python leaves such attributes aside, with a warning; many climate models write them."""
    path = stored([0.05, 0.1, 0.2, 1e20], "f4", missing_value=1e20, valid_max=0.1)

    np.testing.assert_allclose(as_read(path, settings_for), [0.05, 0.1, np.nan, np.nan])


def test_bytes_have_no_default_fill_value(stored, settings_for):
    """All 256 are in use: a white pixel is 255."""
    np.testing.assert_array_equal(as_read(stored([0, 254, 255], "u1"), settings_for), [0, 254, 255])


def test_a_valid_range_in_the_type_of_the_scale_is_in_physical_units(stored, settings_for):
    """As the netCDF Users Guide has it."""
    attributes: dict[str, Any] = {"valid_range": np.array([0.0, 100.0]), "scale_factor": 0.01}
    path = stored([-1, 0, 10000, 10001], "i2", **attributes)

    np.testing.assert_allclose(as_read(path, settings_for), [np.nan, 0, 100, np.nan])


def test_values_that_the_settings_call_missing_are_masked_as_they_are_stored(stored, settings_for):
    path = stored([1, -9999, -999, 4], "i2", scale_factor=0.1)

    read = as_read(path, settings_for, missing=[-9999, -999])

    np.testing.assert_allclose(read, [0.1, np.nan, np.nan, 0.4], rtol=1e-6)


def test_missing_values_are_masked_in_arrays_too(tmp_path, settings_for):
    np.save(tmp_path / "a.npy", np.tile(np.array([1, -9999, 1e20, 9.969209968386869e36], np.float32), (6, 2, 1)))

    read = as_read(tmp_path / "a.npy", settings_for, missing=[-9999, 1e20])

    np.testing.assert_allclose(read, [1, np.nan, np.nan, np.nan])


def test_each_file_is_unpacked_by_its_own_scale(tmp_path, settings_for):
    for year, scale in ((1, 0.1), (2, 0.003)):
        field = xarray.DataArray(np.full((6, 2, 2), 9.0 * year), dims=("time", "y", "x"), name="v")
        field = field.assign_coords(time=np.arange(f"200{year}-01-01", f"200{year}-01-07", dtype="datetime64[D]"))
        packed: Any = {"v": {"dtype": "int16", "scale_factor": scale, "_FillValue": -1}}
        field.to_netcdf(tmp_path / f"{year}.nc", encoding=packed)

    read = Fields.open(settings_for(f"{tmp_path}/*.nc")).read(0, 12)

    np.testing.assert_allclose(read[:, 0, 0, 0], [9] * 6 + [18] * 6, rtol=1e-5)


def test_statistics_know_nothing_of_fill_values(stored, settings_for):
    found = statistics_of(Fields.open(settings_for(stored([0, 7, 9.969209968386869e36], "f4"))), 4)

    assert (found.minimum, found.maximum) == ((0.0,), (7.0,))
    assert found.masked == pytest.approx((1 / 3,))
    assert found.gaps


def rain(path, zarr_format, fill, **attributes):
    """A Zarr store made by zarr-python alone: rain of 0, 5, -9999 in each row."""
    group = zarr.open_group(path, mode="w", zarr_format=zarr_format)
    names: dict[str, Any] = {"dimension_names": ("time", "y", "x")} if zarr_format == 3 else {}
    array = group.create_array("rain", shape=(6, 2, 3), dtype="f4", chunks=(6, 2, 3), fill_value=fill, **names)
    array[:] = np.tile(np.array([0, 5, -9999], "f4"), (6, 2, 1))
    array.attrs.update({"_ARRAY_DIMENSIONS": ["time", "y", "x"], **attributes} if zarr_format == 2 else attributes)
    return path


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_zeros_of_a_zarr_store_are_values(tmp_path, settings_for, zarr_format):
    path = rain(tmp_path / "a.zarr", zarr_format, 0.0, missing_value=-9999.0)

    np.testing.assert_array_equal(as_read(path, settings_for), [0, 5, np.nan])


def test_a_fill_value_that_someone_chose_is_missing_in_zarr_2(tmp_path, settings_for):
    """There xarray writes _FillValue as fill_value alone."""
    path = rain(tmp_path / "a.zarr", 2, -9999.0)

    np.testing.assert_array_equal(as_read(path, settings_for), [0, 5, np.nan])


def test_zeros_are_missing_in_zarr_where_an_attribute_says_so(tmp_path, settings_for):
    path = rain(tmp_path / "a.zarr", 2, 0.0, _FillValue=0.0, missing_value=-9999.0)

    np.testing.assert_array_equal(as_read(path, settings_for), [np.nan, 5, np.nan])


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_what_xarray_packs_into_zarr_is_unpacked(tmp_path, settings_for, zarr_format):
    values = np.tile([0.0, 5.5, np.nan], (6, 2, 1))
    packed: dict[str, Any] = {"v": {"dtype": "int16", "scale_factor": 0.1, "_FillValue": -99}}
    dataset = xarray.Dataset({"v": (("time", "y", "x"), values)})
    dataset.to_zarr(tmp_path / "a.zarr", encoding=packed, zarr_format=zarr_format)

    np.testing.assert_allclose(as_read(tmp_path / "a.zarr", settings_for), [0, 5.5, np.nan], rtol=1e-6)


def test_text_in_place_of_a_number_is_read_or_refused(settings_for):
    assert Packing.of("v", np.dtype("f4"), {"missing_value": "-999.0"}).fills[0] == -999
    assert Packing.of("v", np.dtype("f4"), {"missing_value": "none"}).fills[:-1] == ()
    with pytest.raises(Exception, match="scale_factor of v is 'ten', not a number"):
        Packing.of("v", np.dtype("f4"), {"scale_factor": "ten"})
