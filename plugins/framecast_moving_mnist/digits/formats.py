"""The forms that MNIST is handed around in: idx files, gzipped or not, csv files; and the prepared npz file."""

from __future__ import annotations

import io
import struct
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
    except (framecast.InputError, OSError, ValueError, OverflowError, struct.error) as error:
        raise framecast.InputError(
            f"data.root: {file} is not a whole file of MNIST digits: {error}: replace it, or delete it and prepare"
        ) from None


def idx_bytes(digits_KHW: np.ndarray) -> bytes:
    """The idx file of uint8 digits, which published checksums are of."""
    return struct.pack(">IIII", _IDX_IMAGES, *digits_KHW.shape) + digits_KHW.tobytes()


def _from_npz(file: Path) -> np.ndarray:
    digits_KHW = framecast.bounded.named_array(framecast.bounded.read_arrays(file), "digits", file)
    if digits_KHW.dtype != np.uint8 or digits_KHW.shape[1:] != (28, 28) or not len(digits_KHW):
        raise ValueError(f"it holds {digits_KHW.dtype} of shape {digits_KHW.shape}")
    return digits_KHW


def _from_idx(file: Path) -> np.ndarray:
    bounded = framecast.bounded
    content = bounded.read_gzip(file) if file.suffix == ".gz" else bounded.read_bytes(file, bounded.UNPACKED_BYTES)
    magic, count, height, width = struct.unpack_from(">IIII", content)
    if magic != _IDX_IMAGES or (height, width) != (28, 28):
        raise ValueError("its header is not that of 28x28 images")
    pixels = np.frombuffer(content, np.uint8, offset=16)
    if not count or len(pixels) != count * height * width:
        raise ValueError(
            f"its header promises {framecast.plural(count, 'image')}, it holds {len(pixels) / (height * width):g}"
        )
    return pixels.reshape(count, height, width)


def _from_csv(file: Path) -> np.ndarray:
    """Rows of a label and 784 pixel values, with or without a header line."""
    text = framecast.bounded.read_text(file, framecast.bounded.TABLE_BYTES)
    header = not text[: text.find(",")].strip().isdigit()
    rows = np.loadtxt(io.StringIO(text), np.int64, delimiter=",", skiprows=int(header), ndmin=2)
    if rows.shape[1] != 785 or rows.min() < 0 or rows.max() > 255:
        raise ValueError("its rows are not a label and 784 values from 0 to 255")
    return rows[:, 1:].astype(np.uint8).reshape(-1, 28, 28)
