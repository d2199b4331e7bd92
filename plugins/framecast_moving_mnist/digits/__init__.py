"""MNIST digits: those that come with the package, or the full set from a folder."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np

import framecast
from framecast_moving_mnist.digits.formats import find_published, prepared_name, published_names, read_digits


def load_digits(root: str | None, split: str) -> np.ndarray:
    """(K, 28, 28) uint8 digits of a split, "train" or "test". Raises InputError if `root` lacks them or has them
    damaged."""
    if root is None:
        with (files(__name__) / f"{split}.npz").open("rb") as stream:
            digits_KHW: np.ndarray = np.load(stream)["digits"]
        return digits_KHW
    return read_digits(digits_file(root, split))


def digits_file(root: str, split: str) -> Path:
    """The file in `root` that the digits of a split are read from. Raises InputError where there is none."""
    folder = Path(root).expanduser()
    prepared = folder / prepared_name(split)
    file = prepared if prepared.exists() else find_published(folder, split)
    if file is None:
        names = ", ".join([prepared.name, *published_names(split)])
        raise framecast.InputError(
            f"data.root: {folder} holds none of {names}: run  "
            f"{framecast.command('data', 'prepare', 'moving_mnist', '--root', root)}  or leave root out for the "
            "digits in the package"
        )
    return file
