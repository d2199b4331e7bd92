"""What reading says that it found and assumed, and what it warns of."""

from __future__ import annotations

from itertools import count

import netCDF4
import numpy as np
import pytest
import xarray

from framecast_gridded.clips import FieldClips


@pytest.fixture
def notes_of(tmp_path, settings_for):
    """The notes of a file with these variables, and its warnings: each a mapping of subject to texts."""

    number = count()

    def notes(dataset, **more):
        path = tmp_path / f"{next(number)}.nc"
        dataset.to_netcdf(path)
        found = FieldClips(settings_for(path, **more), "train", 3).notes
        said, warned = {}, {}
        for note in found:
            (warned if note.warning else said).setdefault(note.subject, []).append(note.text)
        return said, warned

    return notes


def field(values, **attributes):
    return ("time", "y", "x"), np.asarray(values, np.float32), attributes


def ramp(frames=20):
    """Values from 0 to just below 10, another in every place."""
    return np.linspace(0, 10, frames * 20, endpoint=False).reshape(frames, 4, 5)


def test_a_line_for_each_variable_and_one_for_time_and_grid(notes_of):
    hours = ("time", np.arange(20), {"units": "hours since 2024-06-01"})
    latitude = ("y", [1.0, 2.0, 3.0, 4.0], {"units": "degrees_north"})
    dataset = xarray.Dataset(
        {
            "rain": field(ramp(), units="mm/h", long_name="Rain rate"),
            "wind": field(-ramp(), units="m/s"),
            "height": (("y", "x"), np.zeros((4, 5))),
        },
        {"time": hours, "y": latitude},
    )
    said, warned = notes_of(dataset)

    assert said["rain"] == ["channel 0, Rain rate, mm/h, 0 to 6.975 in the training period"]
    assert said["wind"] == ["channel 1, m/s, -6.975 to 0 in the training period"]
    assert said["time"] == ["2024-06-01 to 2024-06-01 19:00, 20 frames, every 1 hour"]
    assert said["periods"][0].startswith("train 2024-06-01 to 2024-06-01 13:00, validation 2024-06-01 14:00 to")
    assert "4 rows along y (latitude 4 to 1, the file's order turned around: north up)" in said["grid"][0]
    assert said["pictures"] == ["show rain, the first of 2 channels"]
    assert said["left out"] == ["height (not over time)"]
    assert not warned


def test_packing_and_missing_values_are_said(tmp_path, settings_for):
    values = ramp()
    values[:, 0, 0] = np.nan
    packed = {"rain": {"dtype": "int16", "scale_factor": 0.1, "add_offset": 1.0, "_FillValue": -1}}
    xarray.Dataset({"rain": field(values)}).to_netcdf(tmp_path / "a.nc", encoding=packed)
    (note,) = [
        each for each in FieldClips(settings_for(tmp_path / "a.nc"), "train", 3).notes if each.subject == "rain"
    ]

    assert note.text.endswith("stored as int16, scale 0.1, offset 1, -1 is missing")


def test_files_without_times_say_what_is_assumed(notes_of):
    said, _ = notes_of(xarray.Dataset({"rain": field(ramp())}))

    assert said["time"] == ["20 frames; no time coordinate: frames taken as evenly spaced"]
    assert "nothing says where they lie: taken as in the file" in said["grid"][0]


@pytest.mark.parametrize("value", [-9999, -999, 9999, 1e20, 1e30])
def test_a_missing_value_that_is_not_declared_is_a_warning_with_the_setting(notes_of, value):
    values = ramp()
    values[:, 1, 2] = value
    _, warned = notes_of(xarray.Dataset({"rain": field(values)}))

    assert f"{np.float32(value):.7g} (20 times) looks like a missing value" in warned["rain"][0]
    assert f"'data.missing=[{np.float32(value):.7g}]'" in warned["rain"][0]
    assert not notes_of(xarray.Dataset({"rain": field(values)}), missing=[value])[1]


def test_a_packed_missing_value_is_named_as_it_is_stored(tmp_path, settings_for):
    stored = (100 * ramp()).astype("int16")
    stored[:, 0, 0] = -9999
    xarray.Dataset({"rain": (("time", "y", "x"), stored, {"scale_factor": 0.01})}).to_netcdf(tmp_path / "a.nc")
    warnings = [
        each.text for each in FieldClips(settings_for(tmp_path / "a.nc"), "train", 3).notes if each.warning
    ]

    assert warnings == [
        "-99.99 (20 times) looks like a missing value that the file does not declare; to mask it: "
        "'data.missing=[-9999]'"
    ]


@pytest.mark.parametrize(
    "values", [ramp() * 1000, ramp() * 200 - 999, ramp().round(), np.minimum(ramp() * 1e5, 65535)]
)
def test_values_that_belong_to_a_field_are_no_missing_values(notes_of, values):
    assert not notes_of(xarray.Dataset({"rain": field(values)}))[1]


def test_bytes_far_above_all_others_are_a_warning(tmp_path, settings_for):
    stored = ramp().astype("u1")
    stored[:, 0, 0] = 255
    xarray.Dataset({"rain": (("time", "y", "x"), stored)}).to_netcdf(tmp_path / "a.nc")
    warnings = [
        each.text for each in FieldClips(settings_for(tmp_path / "a.nc"), "train", 3).notes if each.warning
    ]

    assert warnings[0].startswith("255 (20 times) looks like a missing value")


def test_more_than_half_masked_is_a_warning(notes_of):
    values = ramp()
    values[:, :3] = np.nan
    _, warned = notes_of(xarray.Dataset({"rain": field(values)}))

    assert warned["rain"] == ["75.0 % of its values are missing (masked)"]


def test_infinite_values_empty_frames_and_constants_are_warnings(notes_of):
    values = ramp()
    values[3, 0, 0], values[5] = np.inf, np.nan
    _, warned = notes_of(xarray.Dataset({"rain": field(values), "flat": field(np.full((20, 4, 5), 7))}))

    assert warned["rain"] == ["1 infinite value, masked", "1 frame without any value"]
    assert warned["flat"] == ["has one value only, 7, in the training period"]


def test_frames_at_the_end_that_nobody_wrote_are_a_warning(notes_of):
    values = ramp()
    values[17:] = np.nan
    _, warned = notes_of(xarray.Dataset({"rain": field(values)}))

    assert warned["rain"] == ["3 frames without any value"]


def test_steps_that_are_mixed_are_a_warning(notes_of):
    hours = ("time", np.concatenate([np.arange(14), 14 + 3 * np.arange(6)]), {"units": "hours since 2024-06-01"})
    said, warned = notes_of(xarray.Dataset({"rain": field(ramp())}, {"time": hours}))

    breaks, mixed = warned["time"]
    assert "no clip spans a break" in breaks
    assert mixed == "steps are mixed: 5 of 19 are not 1 hour but 3 hours"
    assert len(said["time"]) == 1


@pytest.mark.parametrize("kind", ["f4", "f8", "i2", "i4", "u2"])
def test_what_was_never_written_is_named(tmp_path, settings_for, kind):
    """The netCDF library fills what a program did not write with a default value, and declares nothing."""
    with netCDF4.Dataset(tmp_path / "a.nc", "w") as file:
        for name, size in (("time", 20), ("y", 4), ("x", 5)):
            file.createDimension(name, size)
        file.createVariable("rain", kind, ("time", "y", "x"))[:15] = np.arange(300).reshape(15, 4, 5)
    notes = FieldClips(settings_for(tmp_path / "a.nc"), "train", 3).notes
    fill = f"{netCDF4.default_fillvals[kind]:.7g}"

    assert f"25.0 % masked (netCDF's default fill value {fill})" in notes[0].text
    assert [each.text for each in notes if each.warning][-1] == (
        f"25.0 % of its values are netCDF's default fill value ({fill}), which the file does not declare: they "
        "are taken as never written (masked)"
    )


def test_a_default_fill_value_that_the_file_declares_is_no_mistake(tmp_path, settings_for):
    values = ramp()
    values[3, 0, 0] = np.nan
    encoding = {"rain": {"_FillValue": np.float32(netCDF4.default_fillvals["f4"]), "dtype": "f4"}}
    xarray.Dataset({"rain": field(values)}).to_netcdf(tmp_path / "a.nc", encoding=encoding)
    notes = FieldClips(settings_for(tmp_path / "a.nc"), "train", 3).notes

    assert "masked (netCDF's default fill value 9.96921e+36)" in notes[0].text
    assert not [each for each in notes if each.warning]


def test_other_missing_values_are_not_taken_for_never_written(notes_of):
    values = ramp()
    values[3, 0, 0] = np.nan
    said, warned = notes_of(xarray.Dataset({"rain": field(values)}))

    assert "masked" in said["rain"][0]
    assert "default fill" not in said["rain"][0]
    assert not warned


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"valid_min": 0.0}, "valid from 0"),
        ({"valid_max": 500.0}, "valid to 500"),
        ({"valid_range": [0.0, 500.0]}, "valid from 0 to 500"),
    ],
)
def test_a_valid_range_without_an_end_names_the_other_one(notes_of, limits, words):
    said, _ = notes_of(xarray.Dataset({"rain": field(ramp(), **limits)}))

    assert said["rain"][0].split(", ")[-1] == words
