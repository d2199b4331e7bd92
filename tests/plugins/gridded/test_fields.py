"""One or many files as one sequence, read in slices."""

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

import framecast
from framecast_gridded.fields import Fields


def refusal(path, settings_for, **named):
    """The one line that says why the files are refused."""
    with pytest.raises(framecast.InputError) as refused:
        Fields.open(settings_for(path, **named))
    said = str(refused.value)
    assert "\n" not in said
    return said


@pytest.mark.parametrize("ending", [".nc", ".zarr", ".npy"])
def test_every_kind_of_file_gives_the_same_fields(written, settings_for, sea_field, ending):
    fields = Fields.open(settings_for(written(f"sea{ending}", one=sea_field, two=sea_field - 273.15)))

    assert fields.frames == 54
    assert np.array_equal(
        fields.read(0, 54), np.stack([sea_field.values, sea_field.values - np.float32(273.15)], 1), equal_nan=True
    )


@pytest.mark.parametrize(
    ("start", "count", "step"), [(0, 240, 1), (75, 10, 1), (3, 12, 17), (79, 2, 1), (0, 3, 100)]
)
def test_several_files_by_a_pattern_equal_one(written, settings_for, air_field, start, count, step):
    for number, (begin, end) in enumerate([(0, 80), (80, 81), (81, 200), (200, 240)]):
        path = written(f"parts/air{number}.nc", air=air_field[begin:end])
    fields = Fields.open(settings_for(path.parent / "*.nc"))

    assert fields.frames == 240
    assert np.array_equal(fields.read(start, count, step)[:, 0], air_field[start : start + count * step : step])


def test_files_are_joined_by_their_times_whatever_their_names(written, settings_for, air_field):
    written("parts/a.nc", air=air_field[100:200])
    path = written("parts/b.nc", air=air_field[:100])

    assert np.array_equal(Fields.open(settings_for(path.parent / "*.nc")).read(95, 10)[:, 0], air_field[95:105])


def test_arrays_have_no_times_and_are_joined_by_name(written, settings_for, air_field):
    for number in (2, 10):
        path = written(f"parts/air{number}.npy", air=air_field[number : number + 4])
    fields = Fields.open(settings_for(path.parent / "*.npy"))

    assert np.array_equal(fields.read(0, 8)[:, 0], np.concatenate([air_field[2:6], air_field[10:14]]))


def test_files_whose_times_overlap_are_refused_with_both_names(written, settings_for, air_field):
    written("parts/a.nc", air=air_field[:100])
    path = written("parts/b.nc", air=air_field[99:200])
    said = refusal(path.parent / "*.nc", settings_for)

    assert "a.nc, which ends at 1959-" in said
    assert "b.nc, which begins at 1959-" in said


def test_a_file_whose_times_go_back_is_refused_with_the_place(written, settings_for, air_field):
    said = refusal(written("air.nc", air=air_field[[0, 1, 3, 2, 4]]), settings_for)

    assert "time does not increase in" in said
    assert "frame 3 is of 1862-" in said


def test_files_of_other_grids_are_refused_with_the_difference(written, settings_for, air_field):
    written("parts/a.nc", air=air_field[:100])
    path = written("parts/b.nc", air=air_field[100:, :30])

    assert "height 30 instead of 37" in refusal(path.parent / "*.nc", settings_for)


def test_files_of_other_variables_are_refused_with_the_difference(written, settings_for, air_field):
    written("parts/a.nc", air=air_field[:100])
    path = written("parts/b.nc", rain=air_field[100:])

    assert "variables ('rain',) instead of ('air',)" in refusal(path.parent / "*.nc", settings_for)


def test_files_of_other_calendars_are_refused(written, settings_for, air_field, sea_field):
    same_grid = sea_field[:, :, :49].rename(latitude="y", longitude="x").drop_vars(["y", "x"])
    years = air_field[:, :18].rename(latitude="y", longitude="x").drop_vars(["y", "x"])
    written("parts/a.nc", field=same_grid)
    path = written("parts/b.nc", field=years)

    assert "the files count time by different calendars" in refusal(path.parent / "*.nc", settings_for)


def test_beyond_the_end_there_is_nothing_to_read(written, settings_for, air_field):
    fields = Fields.open(settings_for(written("air.nc", air=air_field)))

    with pytest.raises(IndexError, match="frames 239 to 240 of 240"):
        fields.read(239, 2)


def chunk(store, frame):
    """The file in a Zarr store that holds a frame."""
    (found,) = (path for path in Path(store).rglob(f"{frame}/0/0") if path.is_file())
    return found


def test_a_slice_touches_no_other_part_of_the_store(written, settings_for, air_field):
    store = written("air.zarr", air=air_field)
    for frame in set(range(240)) - {20, 22, 24}:
        chunk(store, frame).write_bytes(b"damaged")
    fields = Fields.open(settings_for(store))

    assert np.array_equal(fields.read(20, 3, 2)[:, 0], air_field[20:25:2])


def test_a_damaged_part_is_refused_with_its_place(written, settings_for, air_field):
    store = written("air.zarr", air=air_field)
    chunk(store, 21).write_bytes(b"damaged")

    with pytest.raises(framecast.InputError, match=r"data\.path: frames 20 to 22 of .*air\.zarr cannot be read"):
        Fields.open(settings_for(store)).read(20, 3)


def test_a_netcdf_file_that_was_cut_short_is_refused(written, settings_for, air_field):
    path = written("air.nc", air=air_field)
    os.truncate(path, os.path.getsize(path) // 2)

    with pytest.raises(framecast.InputError, match=r"data\.path: .*air\.nc"):
        Fields.open(settings_for(path)).read(0, 240)


def test_fields_hold_no_data_and_travel_to_other_processes(written, settings_for, air_field):
    fields = Fields.open(settings_for(written("air.nc", air=air_field)))
    fields.read(0, 240)
    pickled = pickle.dumps(fields)

    assert len(pickled) < 5_000
    assert np.array_equal(pickle.loads(pickled).read(7, 2), fields.read(7, 2))
