"""New files for a trained model: the same variables, read as training read them."""

from __future__ import annotations

import numpy as np
import pytest
import xarray

import framecast
from framecast_gridded.source import read_source, source_notes

TRAINED = framecast.data.Normalisation((0.0, 0.0), (1.0, 1.0), names=("warm", "wet"), units=("K", ""))


def dataset(frames=12, times=None, units="K"):
    """Two variables: `wet` is its frame's number, `warm` that and 100 for each row from the south on."""
    numbers = np.arange(float(frames))[:, None, None]
    south_up = {"y": ("y", [1.0, 2.0, 3.0], {"units": "degrees_north"})}
    hours = {} if times is None else {"time": ("time", times, {"units": "hours since 2024-01-01"})}
    return xarray.Dataset(
        {
            "extra": (("time", "y", "x"), np.zeros((frames, 3, 2))),
            "wet": (("time", "y", "x"), numbers + np.zeros((3, 2))),
            "warm": (("time", "y", "x"), numbers + 100.0 * np.arange(3)[:, None] + np.zeros(2), {"units": units}),
        },
        south_up | hours,
    )


@pytest.mark.parametrize("ending", [".nc", ".zarr"])
def test_the_models_variables_are_read_in_its_order_and_north_up(tmp_path, settings_for, ending):
    path = tmp_path / f"new{ending}"
    dataset().to_zarr(path) if ending == ".zarr" else dataset().to_netcdf(path)

    read = read_source(settings_for("was.nc"), path, TRAINED, 2, 3)

    assert read[:, 0, :, 0].tolist() == [[200 + t, 100 + t, t] for t in (2, 3, 4)]
    assert read[:, 1, 0, 0].tolist() == [2, 3, 4]


@pytest.mark.parametrize("ending", [".nc", ".npy"])
def test_frames_lie_as_far_apart_as_in_training(tmp_path, settings_for, ending):
    path = tmp_path / f"new{ending}"
    if ending == ".nc":
        dataset().to_netcdf(path)
    else:
        np.save(path, np.arange(12.0)[:, None, None, None] + np.zeros((2, 5, 6)))

    read = read_source(settings_for("was.nc", frame_step=3), path, TRAINED, 1, 5)

    assert read[:, 1, 0, 0].tolist() == [3, 6, 9]


def test_frames_end_where_time_breaks(tmp_path, settings_for):
    dataset(times=np.array([0, 1, 2, 3, 4, 50, 51, 52, 53, 54, 55, 56])).to_netcdf(tmp_path / "new.nc")
    starts = {
        start: read_source(settings_for("was.nc"), tmp_path / "new.nc", TRAINED, start, 4)[:, 1, 0, 0].tolist()
        for start in (0, 3, 5, 11, 12)
    }

    assert starts == {0: [0, 1, 2, 3], 3: [3, 4], 5: [5, 6, 7, 8], 11: [11], 12: []}


@pytest.mark.parametrize("shape", [(12, 2, 8, 9), (12, 8, 9, 2)])
def test_the_model_tells_where_an_array_has_its_channels(tmp_path, settings_for, shape):
    np.save(tmp_path / "new.npy", np.zeros(shape))

    assert read_source(settings_for("was.nc"), tmp_path / "new.npy", TRAINED, 0, 4).shape == (4, 2, 8, 9)


def test_what_is_not_the_models_is_refused(tmp_path, settings_for):
    dataset(units="degC").to_netcdf(tmp_path / "units.nc")
    dataset()[["warm"]].to_netcdf(tmp_path / "few.nc")
    np.save(tmp_path / "five.npy", np.zeros((12, 5, 8, 9)))
    for name, words in {
        "units.nc": r"units\.nc: warm is in degC, the model was trained on K: convert it",
        "few.nc": r"^there is no wet, choose from: warm \(.*few\.nc\)",
        "five.npy": r"five\.npy has 5 channels \(0, 1, 2, 3, 4\), the model sees 2 \(warm, wet\)",
        "none.nc": r"none\.nc: no such file or folder",
        "video.mp4": r"video\.mp4: no such file or folder",
    }.items():
        with pytest.raises(framecast.InputError, match=words):
            read_source(settings_for("was.nc"), tmp_path / name, TRAINED, 0, 4)


@pytest.mark.parametrize(("trained", "written"), [("0", "v"), ("v", "w"), ("v", "v")])
def test_one_variable_is_the_models_one_whatever_its_name(tmp_path, settings_for, trained, written):
    fields = np.arange(8.0)[:, None, None] + np.zeros((3, 2))
    xarray.Dataset({written: (("time", "y", "x"), fields)}).to_netcdf(tmp_path / "new.nc")
    of_one = framecast.data.Normalisation((0.0,), (1.0,), names=(trained,), units=("",))

    assert read_source(settings_for("was.nc"), tmp_path / "new.nc", of_one, 2, 3)[:, 0, 0, 0].tolist() == [2, 3, 4]
    said = [note.text for note in source_notes(settings_for("was.nc"), tmp_path / "new.nc", of_one)]
    assert said == ([] if trained == written else [f"{written} is taken as {trained}"])


def test_of_several_variables_one_is_taken_by_its_name_only(tmp_path, settings_for):
    dataset().to_netcdf(tmp_path / "new.nc")
    warm, cold = (framecast.data.Normalisation((0.0,), (1.0,), names=(name,)) for name in ("warm", "cold"))

    assert read_source(settings_for("was.nc"), tmp_path / "new.nc", warm, 0, 1)[0, 0, 0, 0] == 200
    assert source_notes(settings_for("was.nc"), tmp_path / "new.nc", warm) == []
    with pytest.raises(framecast.InputError, match=r"^there is no cold, choose from: extra, warm, wet"):
        read_source(settings_for("was.nc"), tmp_path / "new.nc", cold, 0, 1)


def test_the_only_variable_has_the_models_unit(tmp_path, settings_for):
    dataset(units="degC")[["warm"]].to_netcdf(tmp_path / "new.nc")
    of_one = framecast.data.Normalisation((0.0,), (1.0,), names=("t",), units=("K",))
    with pytest.raises(framecast.InputError, match="warm is in degC, the model was trained on K"):
        read_source(settings_for("was.nc"), tmp_path / "new.nc", of_one, 0, 1)


def test_channels_of_an_array_are_named_in_order(tmp_path, settings_for):
    np.save(tmp_path / "new.npy", np.zeros((12, 2, 8, 9)))
    (note,) = source_notes(settings_for("was.nc"), tmp_path / "new.npy", TRAINED)

    assert note.text == "0 is taken as warm, 1 is taken as wet"


def test_what_else_must_be_known_of_a_file_names_its_setting(tmp_path, settings_for):
    renamed = dataset().rename({"time": "step"})
    renamed.to_netcdf(tmp_path / "new.nc")
    with pytest.raises(framecast.InputError, match=r"^data\.time: which dimension is time is unknown"):
        read_source(settings_for("was.nc"), tmp_path / "new.nc", TRAINED, 0, 1)

    assert read_source(settings_for("was.nc", time="step"), tmp_path / "new.nc", TRAINED, 0, 1).shape == (
        1,
        2,
        3,
        2,
    )
