"""What a .safetensors file says of itself, read without the file's tensors."""

from __future__ import annotations

import os
from pathlib import Path

from framecast.bounded.json_file import parse_json
from framecast.bounded.limit import DOCUMENT_BYTES
from framecast.bounded.regular_file import open_regular
from framecast.errors import InputError

_LENGTH = 8


def read_metadata(file: Path) -> dict[str, str]:
    """The texts that go along with the tensors. Raises FileNotFoundError where there is no file, InputError where
    it is no .safetensors file."""
    with open_regular(file) as stream:
        size = os.fstat(stream.fileno()).st_size
        length = int.from_bytes(stream.read(_LENGTH), "little")
        if size < _LENGTH or length > size - _LENGTH:
            raise InputError(f"{file} is no .safetensors file: its header is longer than the file")
        if length > DOCUMENT_BYTES.value:
            raise DOCUMENT_BYTES.exceeded(f"the header of {file} is {length:,} bytes long")
        header = parse_json(stream.read(length), f"the header of {file}")
    metadata = header.get("__metadata__", {}) if isinstance(header, dict) else None
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise InputError(f"{file} is no .safetensors file: its header is not as the format wants it")
    return metadata
