"""How numbers and times lie in files: packed, in archives, in odd units, in old formats, in far too many files."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
import xarray

import framecast
from framecast_gridded.fields import Fields
from framecast_gridded.files import open_file


def test_packed_integers_are_unpacked_and_their_gaps_known(tmp_path, settings_for):
    rain = np.array([[[0.0, 0.5], [np.nan, 12.5]]] * 3, np.float32)
    dataset = xarray.Dataset({"rain": (("time", "y", "x"), rain)})
    packed = {"rain": {"dtype": "int16", "scale_factor": 0.1, "_FillValue": -1}}
    dataset.to_netcdf(tmp_path / "a.nc", encoding=packed)

    np.testing.assert_allclose(Fields.open(settings_for(tmp_path / "a.nc")).read(0, 3)[:, 0], rain, rtol=1e-6)


def test_durations_are_numbers_like_others(tmp_path, settings_for):
    sunshine = np.arange(27.0).reshape(3, 3, 3)
    xarray.Dataset({"sunshine": (("time", "y", "x"), sunshine, {"units": "hours"})}).to_netcdf(tmp_path / "a.nc")

    np.testing.assert_array_equal(Fields.open(settings_for(tmp_path / "a.nc")).read(0, 3)[:, 0], sunshine)


def test_times_in_units_that_no_calendar_has_still_order(tmp_path, settings_for):
    for name, first in (("a", 10), ("b", 0)):
        time = ("time", np.arange(first, first + 10.0), {"units": "months since 1960-01-01"})
        frames = np.full((10, 4, 4), first, np.float32)
        xarray.Dataset({"rain": (("time", "y", "x"), frames)}, {"time": time}).to_netcdf(tmp_path / f"{name}.nc")

    read = Fields.open(settings_for(f"{tmp_path}/*.nc")).read(0, 20)

    assert read[:, 0, 0, 0].tolist() == [0.0] * 10 + [10.0] * 10


@pytest.mark.parametrize("kind", ["NETCDF3_CLASSIC", "NETCDF3_64BIT", "NETCDF4_CLASSIC"])
def test_old_formats_of_netcdf_are_read(tmp_path, settings_for, sea_field, kind):
    sea_field.to_dataset(name="sea").to_netcdf(tmp_path / "a.cdf", format=kind)
    np.testing.assert_array_equal(Fields.open(settings_for(tmp_path / "a.cdf")).read(9, 3)[:, 0], sea_field[9:12])


def test_zarr_of_the_second_version_is_read(tmp_path, settings_for, sea_field):
    sea_field.to_dataset(name="sea").to_zarr(tmp_path / "a.zarr", zarr_format=2)
    np.testing.assert_array_equal(Fields.open(settings_for(tmp_path / "a.zarr")).read(9, 3)[:, 0], sea_field[9:12])


def test_bounds_of_cells_are_no_channel(tmp_path, settings_for):
    dataset = xarray.Dataset(
        {"rain": (("time", "y", "x"), np.zeros((5, 3, 4))), "edges": (("time", "y", "side"), np.zeros((5, 3, 2)))},
        {"y": ("y", [1.0, 2.0, 3.0], {"bounds": "edges"})},
    )
    dataset.to_netcdf(tmp_path / "a.nc")

    assert Fields.open(settings_for(tmp_path / "a.nc")).grid.variables == ("rain",)


def test_channels_of_arrays_have_names(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((5, 2, 3, 4)))
    np.savez(tmp_path / "a.npz", rain=np.zeros((5, 3, 4)), wind=np.zeros((5, 2, 3, 4)))

    assert list(open_file(tmp_path / "a.npy")) == ["0", "1"]
    assert list(open_file(tmp_path / "a.npz")) == ["rain", "wind.0", "wind.1"]


def test_an_archive_of_arrays_reads_as_the_array(tmp_path, settings_for, sea_field):
    np.savez_compressed(tmp_path / "a.npz", sea=sea_field)
    np.testing.assert_array_equal(Fields.open(settings_for(tmp_path / "a.npz")).read(9, 3)[:, 0], sea_field[9:12])


def test_an_archive_too_large_to_be_read_whole_names_the_way_out(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", a=np.zeros((513, 1024, 1024), np.uint8))
    with pytest.raises(framecast.InputError, match=r"513 MiB, and \.npz is read whole: save its array as \.npy"):
        open_file(tmp_path / "a.npz")


def test_numbers_that_are_not_real_are_refused(tmp_path, settings_for):
    np.save(tmp_path / "a.npy", np.zeros((5, 3, 4), np.complex64))
    with pytest.raises(framecast.InputError, match="0 holds complex64, not real numbers"):
        Fields.open(settings_for(tmp_path / "a.npy"))


def test_more_files_than_are_kept_open_at_once_are_read(tmp_path, settings_for, air_field):
    for year in range(40):
        air_field[year : year + 1].to_dataset(name="air").to_netcdf(tmp_path / f"{year}.nc")

    np.testing.assert_array_equal(Fields.open(settings_for(f"{tmp_path}/*.nc")).read(0, 40)[:, 0], air_field[:40])


def test_only_the_frames_asked_for_come_into_memory(tmp_path, air, settings_for):
    sparse = np.lib.format.open_memmap(tmp_path / "a.npy", "w+", np.float32, (100_000, 100, 100))
    sparse[70_000] = 1
    del sparse
    for path, start, frame in ((tmp_path / "a.npy", 70_000, 100 * 100 * 4), (air, 100, 37 * 49 * 4)):
        fields = Fields.open(settings_for(path))
        fields.read(0, 1)
        tracemalloc.start()
        read = fields.read(start, 5)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert len(read) == 5
        assert most < 4 * 5 * frame + 200_000
