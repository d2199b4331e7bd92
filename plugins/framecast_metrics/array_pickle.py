"""Pickles that hold NumPy arrays and nothing else."""

from __future__ import annotations

import io
import pickle
from typing import Any

_ALLOWED = {("numpy.core.multiarray", "_reconstruct"), ("numpy", "ndarray"), ("numpy", "dtype")}


class ArrayUnpickler(pickle.Unpickler):
    """Knows the three names that arrays are pickled with; raises UnpicklingError for any other."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, and arrays need no such thing")
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


def load_arrays(content: bytes) -> Any:
    """Dictionaries of arrays. Raises UnpicklingError for anything else."""
    return ArrayUnpickler(io.BytesIO(content)).load()
