"""Which files a path means, and how each kind is opened."""

import json
import os
import pickle

import numpy as np
import pytest

import framecast
from framecast_gridded.files import find_files, open_file


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The folder that paths are relative to, so that a refusal can be compared word for word."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refusal(path):
    """The one line that says why the path is refused."""
    with pytest.raises(framecast.InputError) as refused:
        [open_file(file.path) for file in find_files(path)]
    said = str(refused.value)
    assert "\n" not in said
    return said


def test_a_pattern_finds_files_in_the_order_that_people_count_in(here):
    for number in (10, 2, 1):
        (here / f"rain{number}.nc").write_bytes(b"CDF")

    assert [file.path.name for file in find_files("rain*.nc")] == ["rain1.nc", "rain2.nc", "rain10.nc"]


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(here):
    (here / "rain[1].nc").write_bytes(b"CDF")

    assert [file.path.name for file in find_files("rain[1].nc")] == ["rain[1].nc"]


def test_a_file_that_is_written_anew_is_another_file(here):
    (here / "rain.nc").write_bytes(b"CDF")
    before = find_files("rain.nc")
    os.utime(here / "rain.nc", ns=(0, 1))

    assert find_files("rain.nc") != before


def test_what_is_not_there_is_refused(here):
    assert refusal("rain.nc") == "data.path: rain.nc: no such file or folder"
    assert refusal("rain*.nc") == "data.path: rain*.nc: no file fits this pattern"


def test_an_empty_file_is_refused(here):
    (here / "rain.nc").touch()

    assert refusal("rain.nc") == "data.path: rain.nc is empty (0 bytes)"


def test_text_that_calls_itself_netcdf_is_refused(here):
    (here / "rain.nc").write_text("time,y,x\n1,2,3\n" * 100)

    assert refusal("rain.nc").startswith("data.path: rain.nc cannot be read: ")


def test_text_that_calls_itself_numpy_is_refused(here):
    (here / "rain.npy").write_text("time,y,x\n1,2,3\n")

    assert refusal("rain.npy").startswith("data.path: rain.npy cannot be read: ")


def test_a_file_of_another_kind_is_refused(here):
    (here / "rain.csv").write_text("1,2,3\n")

    assert refusal("rain.csv") == ("data.path: rain.csv is none of .nc, .nc4, .cdf, .npy, .npz, or a Zarr folder")


def test_a_folder_that_is_no_zarr_names_the_way_out(here):
    (here / "radar").mkdir()
    (here / "radar" / "rain.nc").write_bytes(b"CDF")

    assert refusal("radar") == (
        "data.path: radar is a folder and no Zarr group: for the files in it write radar/*.nc"
    )


@pytest.mark.parametrize("shape", [(), (20,), (20, 8), (20, 2, 3, 8, 8)])
def test_an_array_of_another_shape_is_refused(here, shape):
    np.save("rain.npy", np.zeros(shape, np.float32))

    assert refusal("rain.npy") == (
        f"data.path: rain.npy holds an array of shape {shape}, not (T, H, W) or (T, C, H, W)"
    )


def test_an_array_of_python_objects_is_never_unpickled(here):
    np.save("rain.npy", np.array([[[print]]], object), allow_pickle=True)

    assert refusal("rain.npy").startswith("data.path: rain.npy cannot be read: ")


@pytest.mark.parametrize(
    "codecs",
    [
        {"filters": [{"id": "vlen-utf8"}, {"id": "pickle"}], "compressor": None},
        {"filters": None, "compressor": {"id": "pickle"}},
    ],
    ids=["filter", "compressor"],
)
def test_a_pickled_zarr_array_is_refused_before_a_chunk_is_read(here, codecs):
    group = here / "rain.zarr"
    array = {
        "zarr_format": 2,
        "shape": [8],
        "chunks": [8],
        "dtype": "|O",
        "fill_value": "",
        "order": "C",
        **codecs,
    }
    (group / "time").mkdir(parents=True)
    (group / ".zgroup").write_text('{"zarr_format": 2}')
    (group / "time" / ".zarray").write_text(json.dumps(array))
    (group / "time" / "0").write_bytes(pickle.dumps(print))
    assert "states that the array is pickled" in refusal("rain.zarr")


def test_opening_a_file_reads_no_field(written, air_field):
    dataset = open_file(find_files(written("air.nc", air=air_field))[0].path)

    assert not dataset["air"].variable._in_memory
    assert dataset["air"].shape == air_field.shape


def test_a_zarr_folder_has_its_variables_in_one_order(written, air_field):
    store = written("air.zarr", **dict.fromkeys("cafebd", air_field[:2]))

    assert {tuple(open_file(store).data_vars) for _ in range(20)} == {tuple("abcdef")}
