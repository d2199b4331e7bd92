"""The forms that MNIST is handed around in: idx files, gzipped or not, csv files; and the prepared npz file."""

from __future__ import annotations

import gzip
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np

import framecast

_IDX_IMAGES = 2051


def prepared_name(split: str) -> str:
    """The file that `platform data prepare` makes of a split, "train" or "test"."""
    return f"digits-{split}.npz"


def published_names(split: str) -> list[str]:
    """What a split's file is called where others hand it out; the first that is there counts."""
    stem = "train" if split == "train" else "t10k"
    names = [f"{stem}-images-idx3-ubyte", f"{stem}-images.idx3-ubyte"]
    return [*names, *(f"{name}.gz" for name in names), f"mnist_{split}.csv"]


def find_published(folder: Path, split: str) -> Path | None:
    """The file of a split in `folder` that others handed out, if there is one."""
    return next((folder / name for name in published_names(split) if (folder / name).exists()), None)


def read_digits(file: Path) -> np.ndarray:
    """(K, 28, 28) uint8 digits of a file in any of the forms. Raises InputError where it is damaged."""
    read = {".npz": _from_npz, ".csv": _from_csv}.get(file.suffix, _from_idx)
    try:
        return read(file)
    except (OSError, ValueError, KeyError, struct.error, EOFError, zlib.error, zipfile.BadZipFile) as error:
        raise framecast.InputError(
            f"data.root: {file} is not a whole file of MNIST digits: {error}: replace it, or delete it and prepare"
        ) from None


def idx_bytes(digits_KHW: np.ndarray) -> bytes:
    """The idx file of uint8 digits, which published checksums are of."""
    return struct.pack(">IIII", _IDX_IMAGES, *digits_KHW.shape) + digits_KHW.tobytes()


def _from_npz(file: Path) -> np.ndarray:
    with np.load(file) as arrays:
        digits_KHW = arrays["digits"]
    if digits_KHW.dtype != np.uint8 or digits_KHW.shape[1:] != (28, 28) or not len(digits_KHW):
        raise ValueError(f"it holds {digits_KHW.dtype} of shape {digits_KHW.shape}")
    return digits_KHW


def _from_idx(file: Path) -> np.ndarray:
    with gzip.open(file) if file.suffix == ".gz" else open(file, "rb") as stream:
        magic, count, height, width = struct.unpack(">IIII", stream.read(16))
        if magic != _IDX_IMAGES or (height, width) != (28, 28):
            raise ValueError("its header is not that of 28x28 images")
        pixels = np.frombuffer(stream.read(), np.uint8)
    if not count or len(pixels) != count * height * width:
        raise ValueError(
            f"its header promises {framecast.plural(count, 'image')}, it holds {len(pixels) / (height * width):g}"
        )
    return pixels.reshape(count, height, width)


def _from_csv(file: Path) -> np.ndarray:
    """Rows of a label and 784 pixel values, with or without a header line."""
    with open(file) as stream:
        header = not stream.readline().split(",")[0].strip().isdigit()
    rows = np.loadtxt(file, np.int64, delimiter=",", skiprows=int(header), ndmin=2)
    if rows.shape[1] != 785 or rows.min() < 0 or rows.max() > 255:
        raise ValueError("its rows are not a label and 784 values from 0 to 255")
    return rows[:, 1:].astype(np.uint8).reshape(-1, 28, 28)
