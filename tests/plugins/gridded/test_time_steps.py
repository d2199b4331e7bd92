"""Time as files write it, its step, and where it breaks."""

from __future__ import annotations

import cftime
import numpy as np
import pytest
import xarray

import framecast
from framecast_gridded.clips import FieldClips
from framecast_gridded.fields import Fields, Recording
from framecast_gridded.time_axis import TimeAxis
from framecast_gridded.time_steps import TimeSteps, describe_breaks, describe_steps


def axis_of(values, **attributes):
    axis = TimeAxis.of(xarray.DataArray(np.asarray(values), dims="time", attrs=attributes, name="time"))
    assert axis is not None
    return axis


def days(*spans):
    return np.concatenate([np.arange(*span, dtype="datetime64[D]") for span in spans])


def found(axis):
    steps = TimeSteps.of(axis)
    return describe_steps(axis, steps), describe_breaks(axis, steps)


def test_a_pause_breaks_time_and_is_said_with_its_place():
    axis = axis_of(days(("2020-01-01", "2020-01-11"), ("2020-01-31", "2020-02-10")))

    assert found(axis) == ("every 1 day", "time breaks after 2020-01-10 (21 days instead of 1)")
    assert TimeSteps.of(axis).runs == (range(10), range(10, 20))


def test_a_single_frame_that_is_not_there_breaks_time():
    axis = axis_of(np.delete(np.arange(0, 600, 5), 40), units="minutes since 2024-06-01")

    assert found(axis) == ("every 5 minutes", "time breaks after 2024-06-01 03:15 (10 minutes instead of 5)")


def test_many_breaks_are_counted():
    axis = axis_of([day + 0.1 * part for day in range(6) for part in range(3)], units="days since 2024-01-01")

    assert found(axis)[1].endswith("and at 2 more places")
    assert len(TimeSteps.of(axis).runs) == 6


STEADY = {
    "seconds of jitter": (
        np.arange(0, 30000, 300) + np.random.default_rng(0).integers(-9, 9, 100),
        {"units": "seconds since 2024-01-01"},
        "every 5 minutes (",
    ),
    "months": (
        [(np.datetime64("2019-01") + month).astype("datetime64[D]").astype(int) for month in range(36)],
        {"units": "days since 1970-01-01"},
        "every 1 month",
    ),
    "middles of months": (
        np.array([15.5, 45.0, 74.5, 105.0, 135.5, 166.0, 196.5]),
        {"units": "days since 2001-01-01", "calendar": "noleap"},
        "every 1 month",
    ),
    "quarters": ([0, 90, 181, 273, 365], {"units": "days since 2001-01-01"}, "every 3 months"),
    "years": ([0, 366, 731, 1096, 1461], {"units": "days since 2000-01-01"}, "every 1 year"),
    "months since": (np.arange(24) + 0.5, {"units": "months since 1960-01-01"}, "every 1 month"),
    "years since": (np.arange(24), {"units": "years since 1960-01-01"}, "every 1 year"),
    "no leap days in the calendar": (
        np.arange(1000),
        {"units": "days since 2000-01-01", "calendar": "365_day"},
        "every 1 day",
    ),
    "months of 30 days": (
        np.arange(15, 700, 30),
        {"units": "days since 2000-01-01", "calendar": "360_day"},
        "every 1 month",
    ),
    "dates as numbers": ([20240130, 20240131, 20240201, 20240202], {}, "every 1 day"),
    "months as numbers": ([202311, 202312, 202401, 202402], {}, "every 1 month"),
    "dates as numbers, by CDO": (
        [20240131.0, 20240131.5, 20240201.0],
        {"units": "day as %Y%m%d.%f"},
        "every 12 hours",
    ),
    "text": ([b"2024-01-31_18:00:00", b"2024-02-01_00:00:00", b"2024-02-01_06:00:00"], {}, "every 6 hours"),
    "plain numbers": ([10, 20, 30], {"units": "m"}, "every 10 m"),
    "since long ago": (np.arange(5) * 24, {"units": "hours since 0001-01-01"}, "every 1 day"),
}


@pytest.mark.parametrize("case", STEADY)
def test_what_people_call_steady_does_not_break(case):
    numbers, attributes, step = STEADY[case]
    said, breaks = found(axis_of(numbers, **attributes))

    assert said.startswith(step)
    assert breaks is None


def test_leap_days_left_out_everywhere_are_no_break():
    without = [day for day in days(("2019-01-01", "2021-01-01")) if not str(day).endswith("02-29")]
    steps = TimeSteps.of(axis_of(np.array(without)))

    assert (len(steps.runs), steps.leap_days) == (1, 1)


def test_a_leap_day_that_is_missing_once_is_a_break():
    most = [day for day in days(("2016-01-01", "2021-01-01")) if str(day) != "2020-02-29"]

    assert len(TimeSteps.of(axis_of(np.array(most))).runs) == 2


def test_times_near_the_end_that_nobody_wrote_leave_their_frames_out(tmp_path, settings_for):
    numbers = np.array([0, 1, 2, 3, 4, 5, np.nan, np.nan])
    time = ("time", numbers, {"units": "hours since 2024-01-01"})
    frames = np.arange(8.0)[:, None, None] * np.ones((8, 2, 2))
    xarray.Dataset({"v": (("time", "y", "x"), frames)}, {"time": time}).to_netcdf(tmp_path / "a.nc")

    assert Fields.open(settings_for(tmp_path / "a.nc")).frames == 6


def test_a_frame_without_a_time_amid_others_is_refused(tmp_path, settings_for):
    time = ("time", np.array([0, 1, np.nan, 3]), {"units": "hours since 2024-01-01"})
    xarray.Dataset({"v": (("time", "y", "x"), np.zeros((4, 2, 2)))}, {"time": time}).to_netcdf(tmp_path / "a.nc")

    with pytest.raises(framecast.InputError, match=r"frame 2 of .*a\.nc has no time, while later ones have"):
        Fields.open(settings_for(tmp_path / "a.nc"))


def test_no_clip_spans_a_break_within_a_file_or_between_files(written, settings_for):
    def field(begin, end):
        times = days((begin, end))
        return xarray.DataArray(np.zeros((len(times), 4, 4)), {"time": times}, ("time", "y", "x"))

    written(
        "parts/a.nc",
        v=xarray.concat([field("2020-01-01", "2020-01-21"), field("2020-03-01", "2020-03-21")], "time"),
    )
    path = written("parts/b.nc", v=field("2020-05-01", "2020-05-21"))
    settings = settings_for(path.parent / "*.nc", validation_share=0.2, test_share=0)
    clips = FieldClips(settings, "train", 5)
    starts = {clips.windows[index][1] for index in range(len(clips))}

    assert list(Recording.open(settings).steps.runs) == [range(20), range(20, 40), range(40, 60)]
    assert starts == {*range(16), *range(20, 36), *range(40, 44)}
    assert clips.sequences == 3


def test_a_split_whose_unbroken_parts_are_too_short_is_refused_with_the_longest(written, settings_for):
    times = np.concatenate([days((f"20{year}-01-01", f"20{year}-01-05")) for year in range(10, 20)])
    path = written("a.nc", v=xarray.DataArray(np.zeros((40, 4, 4)), {"time": times}, ("time", "y", "x")))

    with pytest.raises(
        framecast.InputError, match="train has 28 of the 40 frames, of which 4 at most without a b"
    ):
        FieldClips(settings_for(path), "train", 5)


def test_a_time_that_stands_twice_names_the_way_to_drop_it(written, settings_for):
    times = days(("2020-01-01", "2020-01-05"), ("2020-01-04", "2020-01-08"))
    path = written("a.nc", v=xarray.DataArray(np.zeros((8, 4, 4)), {"time": times}, ("time", "y", "x")))

    with pytest.raises(framecast.InputError) as refused:
        Fields.open(settings_for(path))

    assert "frame 4 is also of 2020-01-04 (1 such place)" in str(refused.value)
    assert 'dataset.drop_duplicates("time").sortby("time").to_netcdf' in str(refused.value)


def test_one_time_by_two_calendars_that_agree_joins(tmp_path, settings_for):
    for name, first, calendar in (("a", 0, "standard"), ("b", 24, "proleptic_gregorian")):
        time = ("time", np.arange(first, first + 24), {"units": "hours since 2024-01-01", "calendar": calendar})
        xarray.Dataset({"v": (("time", "y", "x"), np.zeros((24, 2, 2)))}, {"time": time}).to_netcdf(
            tmp_path / f"{name}.nc"
        )

    assert len(Recording.open(settings_for(f"{tmp_path}/*.nc")).steps.runs) == 1


def test_dates_of_cftime_are_read_as_they_were_written(tmp_path, settings_for):
    times = [
        cftime.DatetimeNoLeap(2020, 2, 27 + day) if day < 2 else cftime.DatetimeNoLeap(2020, 3, day - 1)
        for day in range(9)
    ]
    field = xarray.DataArray(np.zeros((9, 4, 4)), {"time": times}, ("time", "y", "x"), name="v")
    field.to_netcdf(tmp_path / "a.nc")
    recording = Recording.open(settings_for(tmp_path / "a.nc"))

    assert recording.axis is not None
    assert [recording.axis.label(number) for number in recording.axis.numbers[1:3]] == ["2020-02-28", "2020-03-01"]
    assert len(recording.steps.runs) == 1


def test_times_that_are_no_coordinate_are_found(tmp_path, settings_for):
    """As WRF writes them: a variable over time alone."""
    minutes = ("Time", np.array([0, 10, 20, 60, 70, 80]), {"units": "minutes since 2024-01-01"})
    dataset = xarray.Dataset(
        {"rain": (("Time", "south_north", "west_east"), np.zeros((6, 4, 4))), "XTIME": minutes}
    )
    dataset.to_netcdf(tmp_path / "a.nc")

    assert Recording.open(settings_for(tmp_path / "a.nc")).steps.runs == (range(3), range(3, 6))
