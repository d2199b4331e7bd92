"""HDF5 files that take their content from other files: external links, external storage and virtual data sets.

Whoever wrote such a file decides which files of this machine are read, also those that are no fields at all. The
HDF5 library that netCDF4 brings along is asked; it opens none of those files for that.
"""

from __future__ import annotations

import ctypes
from functools import partial
from pathlib import Path
from typing import Any

import framecast

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_EXTERNAL_LINK, _HARD_LINK = 64, 0  # H5L_type_t
_DATASET = 5  # H5I_type_t
_VIRTUAL = 3  # H5D_layout_t
_BY_NAME, _IN_ORDER = 0, 0  # H5_index_t, H5_iter_order_t
_ID = ctypes.c_int64
_VISITOR = ctypes.CFUNCTYPE(ctypes.c_int, _ID, ctypes.c_char_p, ctypes.POINTER(ctypes.c_int), ctypes.c_void_p)
"""Of each link: its group, its name, and its H5L_info_t, whose first member is the type."""


def refuse_references(path: Path) -> None:
    """Raises InputError where an HDF5 file refers to other files, or is not looked through in time. Does nothing
    for files of another kind."""
    if not _is_hdf5(path):
        return
    limit = framecast.bounded.OPEN_SECONDS
    found = framecast.bounded.call_within(limit, f"data.path: to look through {path}", partial(_references, path))
    if found:
        raise framecast.InputError(
            f"data.path: {path}: {found[0]}, and content of other files is not read: copy it into one file, "
            "with h5repack or nccopy"
        )


def _is_hdf5(path: Path) -> bool:
    """By its signature, at 0, 512, 1024 and so on: a file of the user may precede it."""
    with open(path, "rb") as stream:
        size, place = path.stat().st_size, 0
        while place < size:
            stream.seek(place)
            if stream.read(len(_SIGNATURE)) == _SIGNATURE:
                return True
            place = 2 * place or 512
    return False


def _references(path: Path) -> list[str]:
    """What in the file leads to others. Empty too where HDF5 cannot open it, which its reader says."""
    library = _library()
    library.H5Eset_auto2(0, None, None)  # it would print its own errors
    file = library.H5Fopen(str(path).encode(), 0, 0)
    if file < 0:
        return []
    found: list[str] = []

    def visit(group: int, name: bytes, info: Any, _: Any) -> int:
        shown = name.decode(errors="backslashreplace")
        if info[0] == _EXTERNAL_LINK:
            found.append(f"{shown} is a link to another file")
        elif info[0] == _HARD_LINK and (what := _storage(library, group, name)):
            found.append(f"{shown} {what}")
        return 0

    try:
        _visitor_of(library)(file, _BY_NAME, _IN_ORDER, _VISITOR(visit), None)
    finally:
        library.H5Fclose(file)
    return found


def _storage(library: Any, group: int, name: bytes) -> str:
    """Where the values of a data set come from, if from other files; empty otherwise."""
    item = library.H5Oopen(group, name, 0)
    if item < 0:
        return ""
    try:
        if library.H5Iget_type(item) != _DATASET:
            return ""
        settings = library.H5Dget_create_plist(item)
        try:
            if library.H5Pget_external_count(settings) > 0:
                return "has its values in another file"
            return "is put together from other files" if library.H5Pget_layout(settings) == _VIRTUAL else ""
        finally:
            library.H5Pclose(settings)
    finally:
        library.H5Oclose(item)


def _library() -> Any:
    """HDF5 as netCDF4 has loaded it. Its functions release Python's lock, so that their time can be limited. It
    is not made for several threads; the one that waits does not use it."""
    from netCDF4 import _netCDF4

    library = ctypes.CDLL(_netCDF4.__file__)
    for name in ("H5Fopen", "H5Oopen", "H5Dget_create_plist"):
        getattr(library, name).restype = _ID
    library.H5Fopen.argtypes = [ctypes.c_char_p, ctypes.c_uint, _ID]
    library.H5Oopen.argtypes = [_ID, ctypes.c_char_p, _ID]
    library.H5Eset_auto2.argtypes = [_ID, ctypes.c_void_p, ctypes.c_void_p]
    for name in ("H5Fclose", "H5Oclose", "H5Pclose", "H5Iget_type", "H5Dget_create_plist", "H5Pget_layout"):
        getattr(library, name).argtypes = [_ID]
    library.H5Pget_external_count.argtypes = [_ID]
    return library


def _visitor_of(library: Any) -> Any:
    """H5Lvisit: since HDF5 1.12 its name has a number; what is used of both is the same."""
    visit = library.H5Lvisit2 if hasattr(library, "H5Lvisit2") else library.H5Lvisit
    visit.argtypes = [_ID, ctypes.c_int, ctypes.c_int, _VISITOR, ctypes.c_void_p]
    return visit
