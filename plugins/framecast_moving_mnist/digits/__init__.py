"""MNIST digits: those that come with the package, or the full set from a folder of idx or csv files."""

from __future__ import annotations

import gzip
import struct
import zlib
from importlib.resources import files
from pathlib import Path

import numpy as np

import framecast

_IDX_IMAGES = 2051


def load_digits(root: str | None, split: str) -> np.ndarray:
    """(K, 28, 28) uint8 digits of a split, "train" or "test". Raises InputError
    if `root` lacks them or has them damaged."""
    if root is None:
        with (files(__name__) / f"{split}.npz").open("rb") as stream:
            return np.load(stream)["digits"]
    folder = Path(root).expanduser()
    stem = "train" if split == "train" else "t10k"
    names = [f"{stem}-images-idx3-ubyte", f"{stem}-images.idx3-ubyte"]
    names = [*names, *(f"{name}.gz" for name in names), f"mnist_{split}.csv"]
    for name in names:
        file = folder / name
        if file.exists():
            try:
                return _from_csv(file) if file.suffix == ".csv" else _from_idx(file)
            except (OSError, ValueError, struct.error, EOFError, zlib.error) as error:
                raise _wrong(f"{file} is not a whole file of MNIST digits: {error}") from None
    raise _wrong(f"{folder} holds none of {', '.join(names)}; leave root out for the digits in the package")


def _wrong(message: str) -> framecast.InputError:
    return framecast.InputError(f"data.root: {message}")


def _from_idx(file: Path) -> np.ndarray:
    with gzip.open(file) if file.suffix == ".gz" else open(file, "rb") as stream:
        magic, count, height, width = struct.unpack(">IIII", stream.read(16))
        if magic != _IDX_IMAGES or (height, width) != (28, 28):
            raise ValueError("its header is not that of 28x28 images")
        pixels = np.frombuffer(stream.read(), np.uint8)
    if not count or len(pixels) != count * height * width:
        raise ValueError(f"its header promises {count} images, it holds {len(pixels) / (height * width):g}")
    return pixels.reshape(count, height, width)


def _from_csv(file: Path) -> np.ndarray:
    """Rows of a label and 784 pixel values, with or without a header line."""
    with open(file) as stream:
        header = not stream.readline().split(",")[0].strip().isdigit()
    rows = np.loadtxt(file, np.int64, delimiter=",", skiprows=int(header), ndmin=2)
    if rows.shape[1] != 785 or rows.min() < 0 or rows.max() > 255:
        raise ValueError("its rows are not a label and 784 values from 0 to 255")
    return rows[:, 1:].astype(np.uint8).reshape(-1, 28, 28)
