"""`platform data prepare moving_mnist`: the full set of digits, checked, in two compressed files."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import numpy as np

import framecast
from framecast_moving_mnist.digits import load_digits
from framecast_moving_mnist.digits.formats import idx_bytes, prepared_name
from framecast_moving_mnist.digits.origins import find_origin
from framecast_moving_mnist.sequences import FILE, open_sequences
from framecast_moving_mnist.settings import MovingMNISTSettings

_MD5 = {"train": "6bbc9ace898e44ae57da46a324031adb", "test": "2646ac647ad5339dbf082846283269ea"}
"""Of the idx image files, unzipped."""


def prepare(settings: MovingMNISTSettings, progress: Callable[[int, int], None]) -> framecast.Prepared:
    """Finds the digits and writes `digits-train.npz` and `digits-test.npz` into the root; what is there stays.

    Raises InputError where no digits are to be had, or where the root cannot be written.
    """
    if settings.root is None:
        counts = {f"{split} digits": len(load_digits(None, split)) for split in _MD5}
        note = "those in the package; give a root for the full set"
        return framecast.Prepared(
            Path(str(files("framecast_moving_mnist") / "digits")), {**counts, "taken from": note}, []
        )
    folder = Path(settings.root)
    summary: dict[str, str | int | float] = {}
    canonical = True
    progress(0, len(_MD5))
    with tempfile.TemporaryDirectory() as downloads:
        for done, (split, md5) in enumerate(_MD5.items(), 1):
            digits_KHW, place = find_origin(folder, split, Path(downloads))
            prepared = folder / prepared_name(split)
            if place != str(prepared):
                _write(prepared, digits_KHW)
            summary[f"{split} digits"] = len(digits_KHW)
            summary[f"{split} digits from"] = place
            canonical &= hashlib.md5(idx_bytes(digits_KHW), usedforsecurity=False).hexdigest() == md5
            progress(done, len(_MD5))
    summary["the canonical set"] = "yes" if canonical else "no"
    summary[FILE] = _sequences(folder)
    return framecast.Prepared(folder, summary, [])


def _write(file: Path, digits_KHW: np.ndarray) -> None:
    """Whole or not at all."""
    try:
        framecast.files.make_folder(file.parent)
        with framecast.files.atomic_stream(file) as stream:
            np.savez_compressed(stream, digits=digits_KHW)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        raise framecast.InputError(f"data.root: {error.filename or file}: {error.strerror or error}") from None


def _sequences(folder: Path) -> str:
    """What is to be said of the classic fixed test set."""
    if not (folder / FILE).exists():
        return "not there"
    try:
        frames, clips, height, width = open_sequences(folder).shape
    except framecast.InputError as error:
        return f"not sound: {error}"
    return f"sound, {framecast.plural(clips, 'clip')} of {framecast.plural(frames, 'frame')} of {height}x{width}"
