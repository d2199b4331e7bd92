"""A file of fields is read alone: none that takes its content from other files."""

import ctypes
import time

import netCDF4
import numpy as np
import pytest
import zarr

import framecast
from framecast.bounded.time_limit import is_stuck
from framecast_gridded.files import open_file
from framecast_gridded.references import _library, refuse_references

ID = ctypes.c_int64


@pytest.fixture
def hdf5():
    """The functions that write such files, with their types."""
    library = _library()
    library.H5open()
    for name in ("H5Fcreate", "H5Screate_simple", "H5Pcreate", "H5Dcreate2", "H5Gcreate2"):
        getattr(library, name).restype = ID
    library.H5Fcreate.argtypes = [ctypes.c_char_p, ctypes.c_uint, ID, ID]
    library.H5Screate_simple.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]
    library.H5Pcreate.argtypes = [ID]
    library.H5Pset_external.argtypes = [ID, ctypes.c_char_p, ctypes.c_int64, ctypes.c_uint64]
    library.H5Pset_virtual.argtypes = [ID, ID, ctypes.c_char_p, ctypes.c_char_p, ID]
    library.H5Dcreate2.argtypes = [ID, ctypes.c_char_p, ID, ID, ID, ID, ID]
    library.H5Gcreate2.argtypes = [ID, ctypes.c_char_p, ID, ID, ID]
    library.H5Lcreate_external.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ID, ctypes.c_char_p, ID, ID]
    for name in ("H5Dclose", "H5Sclose"):
        getattr(library, name).argtypes = [ID]
    return library


@pytest.mark.parametrize("kind", ["external", "virtual", "link", "in a group"])
def test_a_file_that_takes_values_from_others_is_refused(kind, hdf5, tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(bytes(range(64)))
    path = tmp_path / "fields.nc"
    file = hdf5.H5Fcreate(str(path).encode(), 2, 0, 0)
    sizes = (ctypes.c_uint64 * 3)(4, 4, 4)
    space = hdf5.H5Screate_simple(3, sizes, None)
    settings = hdf5.H5Pcreate(ID.in_dll(hdf5, "H5P_CLS_DATASET_CREATE_ID_g").value)
    place = hdf5.H5Gcreate2(file, b"inner", 0, 0, 0) if kind == "in a group" else file
    if kind == "link":
        hdf5.H5Lcreate_external(str(secret).encode(), b"/a", file, b"a", 0, 0)
    else:
        if kind == "virtual":
            assert hdf5.H5Pset_virtual(settings, space, str(secret).encode(), b"/a", space) >= 0
        else:
            assert hdf5.H5Pset_external(settings, str(secret).encode(), 0, 64) >= 0
        byte = ID.in_dll(hdf5, "H5T_NATIVE_UCHAR_g").value
        made = hdf5.H5Dcreate2(place, b"a", byte, space, 0, settings, 0)
        assert made >= 0
        hdf5.H5Dclose(made)
    hdf5.H5Fclose(file)

    with pytest.raises(framecast.InputError, match=r"fields\.nc: (inner/)?a (is|has).* other files? ?.*not read"):
        open_file(path)


@pytest.mark.parametrize("format", ["NETCDF4", "NETCDF3_CLASSIC", "NETCDF4_CLASSIC"])
def test_a_file_that_holds_its_values_is_read(format, tmp_path):
    with netCDF4.Dataset(tmp_path / "fields.nc", "w", format=format) as file:
        for name in ("time", "y", "x"):
            file.createDimension(name, 3)
        file.createVariable("a", "f4", ("time", "y", "x"))[:] = np.arange(27).reshape(3, 3, 3)

    with open_file(tmp_path / "fields.nc") as opened:
        assert opened["a"].values[2, 2, 2] == 26


@pytest.mark.parametrize("link", ["a/c", "a/c/0/0/0", "a"])
def test_a_zarr_folder_whose_links_lead_out_of_it_is_refused(link, tmp_path):
    array = zarr.open_group(tmp_path / "fields.zarr", mode="w").create_array(
        "a", shape=(4, 4, 4), dtype="u1", chunks=(4, 4, 4), compressors=None, dimension_names=("time", "y", "x")
    )
    array[:] = 7
    place = tmp_path / "fields.zarr" / link
    place.rename(tmp_path / "elsewhere")
    place.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(framecast.InputError, match="leads out of"):
        open_file(tmp_path / "fields.zarr")["a"].values  # noqa: B018 - reads the chunks


def test_a_zarr_folder_may_itself_be_a_link(tmp_path):
    group = zarr.open_group(tmp_path / "big.zarr", mode="w")
    group.create_array("a", shape=(4, 4, 4), dtype="u1", dimension_names=("time", "y", "x"))[:] = 7
    (tmp_path / "fields.zarr").symlink_to(tmp_path / "big.zarr")
    assert (open_file(tmp_path / "fields.zarr")["a"].values == 7).all()


def test_a_file_that_is_not_looked_through_in_time_is_refused(tmp_path, monkeypatch):
    with netCDF4.Dataset(tmp_path / "a.nc", "w") as file:
        for number in range(1000):
            file.createGroup(str(number))
    refuse_references(tmp_path / "a.nc")
    monkeypatch.setenv("FRAMECAST_LIMIT_OPEN_SECONDS", "0")
    with pytest.raises(framecast.InputError, match=r"to look through .*a.nc takes more than 0 s"):
        refuse_references(tmp_path / "a.nc")
    while is_stuck():
        time.sleep(0.05)
