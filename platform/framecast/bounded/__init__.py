"""Readers with limits: every file that the platform or a plugin parses is opened here.

Run folders, data, exported models and answers of other machines come from anybody. A reader opens regular files
only and never waits on a pipe; it stops at a limit of size, depth or number, each a `Limit` in `limit.py` that an
environment variable raises; and whatever is wrong with a file is one `InputError` that names it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from framecast.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from framecast.bounded.json_file import parse_json, read_json, read_json_object
    from framecast.bounded.limit import Limit
    from framecast.bounded.regular_file import check_regular, open_regular, read_bytes, read_lines, read_text
    from framecast.bounded.yaml_text import parse_yaml, read_yaml

_MODULES = {
    "Limit": ".limit",
    "check_regular": ".regular_file",
    "open_regular": ".regular_file",
    "parse_json": ".json_file",
    "parse_yaml": ".yaml_text",
    "read_bytes": ".regular_file",
    "read_json": ".json_file",
    "read_json_object": ".json_file",
    "read_lines": ".regular_file",
    "read_text": ".regular_file",
    "read_yaml": ".yaml_text",
}

__all__ = [
    "Limit",
    "check_regular",
    "open_regular",
    "parse_json",
    "parse_yaml",
    "read_bytes",
    "read_json",
    "read_json_object",
    "read_lines",
    "read_text",
    "read_yaml",
]

__getattr__ = lazy_exports(__name__, _MODULES)
