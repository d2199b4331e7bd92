"""Readers with limits: every file that the platform or a plugin parses is opened here.

Run folders, data, exported models and answers of other machines come from anybody. A reader opens regular files
only and never waits on a pipe; it stops at a limit of size, depth or number, each a `Limit` in `limit.py` that an
environment variable raises; and whatever is wrong with a file is one `InputError` that names it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from framecast.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from framecast.bounded.archive import open_zip, read_gzip, read_member
    from framecast.bounded.array_file import map_array, named_array, read_arrays
    from framecast.bounded.json_file import parse_json, read_json, read_json_object
    from framecast.bounded.limit import (
        ARRAY_BYTES,
        CHUNK_BYTES,
        DOCUMENT_BYTES,
        FRAME_PIXELS,
        MAPPED_BYTES,
        OPEN_SECONDS,
        TABLE_BYTES,
        UNMEASURED_CODECS,
        UNPACKED_BYTES,
        Limit,
        bytes_text,
    )
    from framecast.bounded.regular_file import check_regular, open_regular, read_bytes, read_lines, read_text
    from framecast.bounded.safetensors_file import read_metadata
    from framecast.bounded.time_limit import call_within
    from framecast.bounded.yaml_text import parse_yaml, read_yaml

__all__ = [
    "ARRAY_BYTES",
    "CHUNK_BYTES",
    "DOCUMENT_BYTES",
    "FRAME_PIXELS",
    "MAPPED_BYTES",
    "OPEN_SECONDS",
    "TABLE_BYTES",
    "UNMEASURED_CODECS",
    "UNPACKED_BYTES",
    "Limit",
    "bytes_text",
    "call_within",
    "check_regular",
    "map_array",
    "named_array",
    "open_regular",
    "open_zip",
    "parse_json",
    "parse_yaml",
    "read_arrays",
    "read_bytes",
    "read_gzip",
    "read_json",
    "read_json_object",
    "read_lines",
    "read_member",
    "read_metadata",
    "read_text",
    "read_yaml",
]

__getattr__ = lazy_exports(__name__)
