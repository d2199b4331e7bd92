"""The open files of this process, shared by all that read in it."""

from __future__ import annotations

import os
from collections import OrderedDict
from typing import TYPE_CHECKING

from framecast_gridded.files import FieldFile, open_file

if TYPE_CHECKING:
    import xarray

MOST = 16
"""Files kept open at once; the one used longest ago is closed for another."""


class Handles:
    """Opens files when they are asked for, anew in every process."""

    def __init__(self) -> None:
        self._open: OrderedDict[FieldFile, xarray.Dataset] = OrderedDict()
        self._owner = os.getpid()

    def __getitem__(self, file: FieldFile) -> xarray.Dataset:
        """Raises InputError where the file cannot be read."""
        if self._owner != os.getpid():
            # forked: closed here, not just forgotten, for HDF5 opens no file twice in one process: what it
            # inherited would go on sharing the parent's descriptor
            self._close(0)
            self._owner = os.getpid()
        if file not in self._open:
            self._close(MOST - 1)
            self._open[file] = open_file(file.path, file.layout)
        self._open.move_to_end(file)
        return self._open[file]

    def _close(self, remaining: int) -> None:
        while len(self._open) > remaining:
            self._open.popitem(last=False)[1].close()


HANDLES = Handles()
