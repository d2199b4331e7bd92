"""North is above and west on the left, whatever the order on disk."""

from __future__ import annotations

import numpy as np
import pytest
import xarray

import framecast
from framecast_gridded.fields import Fields, Recording

UP = np.arange(40.0, 44.0)


def file(tmp_path, y, x=None, name="a.nc", **more):
    """Each value is its row's number times 10 plus its column's, as stored."""
    values = np.broadcast_to(10 * np.arange(4)[:, None] + np.arange(3), (5, 4, 3)).astype("f4")
    coordinates = {"y": y} | ({} if x is None else {"x": x})
    xarray.Dataset({"v": (("time", "y", "x"), values), **more}, coordinates).to_netcdf(tmp_path / name)
    return tmp_path / name


def first_column(path, settings_for, **more):
    return (Fields.open(settings_for(path, **more)).read(0, 1)[0, 0, :, 0] / 10).tolist()


TURNED = {
    "units": ("y", UP, {"units": "degrees_north"}),
    "standard name": ("y", UP, {"standard_name": "latitude"}),
    "rotated pole": ("y", UP, {"standard_name": "grid_latitude", "units": "degrees"}),
    "axis and degrees": ("y", UP, {"axis": "Y", "units": "degrees"}),
    "projection": ("y", UP * 1000, {"standard_name": "projection_y_coordinate", "units": "m"}),
    "metres": ("y", UP, {"units": "km"}),
}


@pytest.mark.parametrize("case", TURNED)
def test_rows_that_go_north_are_turned(tmp_path, settings_for, case):
    assert first_column(file(tmp_path, TURNED[case]), settings_for) == [3, 2, 1, 0]


KEPT = {
    "already from the north": ("y", UP[::-1], {"units": "degrees_north"}),
    "nothing says that it is latitude": ("y", np.arange(4.0), {}),
    "pixels": ("y", np.arange(4.0), {"axis": "Y", "units": "1"}),
    "out of order": ("y", np.array([1.0, 3.0, 2.0, 4.0]), {"units": "degrees_north"}),
}


@pytest.mark.parametrize("case", KEPT)
def test_other_rows_stay_as_they_are(tmp_path, settings_for, case):
    assert first_column(file(tmp_path, KEPT[case]), settings_for) == [0, 1, 2, 3]


def test_the_order_of_the_file_can_be_kept(tmp_path, settings_for):
    path = file(tmp_path, TURNED["units"])

    assert first_column(path, settings_for, north_up=False) == [0, 1, 2, 3]


def test_columns_that_go_west_are_turned(tmp_path, settings_for):
    path = file(tmp_path, KEPT["already from the north"], ("x", [3.0, 2.0, 1.0], {"units": "degrees_east"}))

    assert Fields.open(settings_for(path)).read(0, 1)[0, 0, 0].tolist() == [2, 1, 0]


def test_latitudes_over_rows_and_columns_turn_rows(tmp_path, settings_for):
    """Of curved grids, whose rows have no single latitude."""
    latitudes = UP[:, None] + 0.1 * np.arange(3)
    grid = {"lat": (("y", "x"), latitudes, {"units": "degrees_north"})}
    values = np.broadcast_to(np.arange(4)[:, None] * 10.0, (5, 4, 3))
    xarray.Dataset({"v": (("time", "y", "x"), values)}, grid).to_netcdf(tmp_path / "a.nc")

    assert first_column(tmp_path / "a.nc", settings_for) == [3, 2, 1, 0]


def test_the_name_alone_tells_latitude(tmp_path, settings_for):
    path = file(tmp_path, ("y", UP, {}))
    with xarray.open_dataset(path) as dataset:
        dataset.rename(y="lat").to_netcdf(tmp_path / "b.nc")

    assert first_column(tmp_path / "b.nc", settings_for) == [3, 2, 1, 0]


def times(number):
    return {"time": ("time", np.arange(5) + 5 * number, {"units": "days since 2024-01-01"})}


def test_files_of_either_order_join_as_one_grid(tmp_path, settings_for):
    values = np.broadcast_to(np.arange(4.0)[:, None], (5, 4, 3))
    for number, order in enumerate((1, -1)):
        latitude = ("y", UP[::order], {"units": "degrees_north"})
        fields = {"v": (("time", "y", "x"), values[:, ::order])}
        xarray.Dataset(fields, {"y": latitude, **times(number)}).to_netcdf(tmp_path / f"{number}.nc")

    read = Fields.open(settings_for(f"{tmp_path}/*.nc")).read(0, 10)

    assert (read[..., 0] == [3, 2, 1, 0]).all()


def test_files_of_other_places_are_refused(tmp_path, settings_for):
    for number in (0, 1):
        latitude = ("y", UP + 10 * number, {"units": "degrees_north"})
        fields = {"v": (("time", "y", "x"), np.zeros((5, 4, 3)))}
        xarray.Dataset(fields, {"y": latitude, **times(number)}).to_netcdf(tmp_path / f"{number}.nc")

    with pytest.raises(framecast.InputError, match="latitude from 53 to 50 instead of 43 to 40"):
        Recording.open(settings_for(f"{tmp_path}/*.nc"))


def test_files_in_other_units_are_refused(tmp_path, settings_for):
    for number, unit in enumerate(("K", "degC")):
        fields = {"v": (("time", "y", "x"), np.zeros((5, 4, 3)), {"units": unit})}
        xarray.Dataset(fields, times(number)).to_netcdf(tmp_path / f"{number}.nc")

    with pytest.raises(framecast.InputError, match=r"units \('degC',\) instead of \('K',\)"):
        Recording.open(settings_for(f"{tmp_path}/*.nc"))


def test_turning_twice_gives_back_the_file(tmp_path, settings_for):
    fields = Fields.open(
        settings_for(file(tmp_path, TURNED["units"], ("x", [3.0, 2.0, 1.0], {"axis": "X", "units": "km"})))
    )
    read = fields.read(0, 2)

    stored = 10 * np.arange(4)[:, None] + np.arange(3)
    assert (fields.orientations[0].turn(read) == stored).all()
