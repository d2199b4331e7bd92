"""What a .safetensors file says of itself, read without the file's tensors."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple

from framecast.bounded.json_file import parse_json
from framecast.bounded.limit import DOCUMENT_BYTES
from framecast.bounded.regular_file import open_regular
from framecast.errors import InputError

_LENGTH = 8
_METADATA = "__metadata__"


class Tensor(NamedTuple):
    """What the header says of a tensor: its type, such as "F32", and its shape."""

    dtype: str
    shape: tuple[int, ...]


def read_metadata(file: Path) -> dict[str, str]:
    """The texts that go along with the tensors. Raises FileNotFoundError where there is no file, InputError where
    it is no .safetensors file, or shorter than its header says."""
    metadata = _header(file).get(_METADATA, {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise _not_as_wanted(file)
    return metadata


def read_tensors(file: Path) -> dict[str, Tensor]:
    """The tensors by name, without their values. Raises as `read_metadata` does."""
    found = {}
    for name, entry in _header(file).items():
        if name == _METADATA:
            continue
        shape = entry["shape"]
        if not isinstance(shape, list) or not all(type(each) is int and each >= 0 for each in shape):
            raise _not_as_wanted(file)
        found[name] = Tensor(str(entry.get("dtype")), tuple(shape))
    return found


def _header(file: Path) -> dict[str, Any]:
    """Its entries, each with the place of its values within the file."""
    with open_regular(file) as stream:
        size = os.fstat(stream.fileno()).st_size
        length = int.from_bytes(stream.read(_LENGTH), "little")
        if size < _LENGTH or length > size - _LENGTH:
            raise InputError(f"{file} is no .safetensors file: its header is longer than the file")
        if length > DOCUMENT_BYTES.value:
            raise DOCUMENT_BYTES.exceeded(f"the header of {file} is {length:,} bytes long")
        header = parse_json(stream.read(length), f"the header of {file}")
    if not isinstance(header, dict):
        raise _not_as_wanted(file)
    stated = 0
    for name, entry in header.items():
        if name != _METADATA:
            stated = max(stated, _end_of(entry, file))
    if stated > (there := size - _LENGTH - length):
        raise InputError(f"{file} is not whole: its header states {stated:,} bytes of values, {there:,} are there")
    return header


def _end_of(entry: Any, file: Path) -> int:
    offsets = entry.get("data_offsets") if isinstance(entry, dict) and "shape" in entry else None
    if not isinstance(offsets, list) or len(offsets) != 2 or not all(type(each) is int for each in offsets):
        raise _not_as_wanted(file)
    return int(offsets[1])


def _not_as_wanted(file: Path) -> InputError:
    return InputError(f"{file} is no .safetensors file: its header is not as the format wants it")
