"""The official JSON files: where they lie, and what is in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import framecast

SITE = "https://www.qualcomm.com/developer/software/something-something-v-2-dataset"
PREFIX = "something-something-v2-"


def find_label_file(root: Path, name: str) -> Path | None:
    """`train.json`, say, under its short or its official name, in `root` or its sub-folder `labels`."""
    for folder in (root, root / "labels"):
        for file in (folder / f"{PREFIX}{name}", folder / name):
            if file.is_file():
                return file
    return None


def label_file(root: Path, name: str) -> Path:
    """Like `find_label_file`. Raises InputError where it is not there."""
    if not root.is_dir():
        raise framecast.InputError(f"data.root: {root}: no such folder")
    file = find_label_file(root, name)
    if file is None:
        raise framecast.InputError(
            f"data.root: {root} holds neither {PREFIX}{name} nor {name}: put the label files of {SITE} there"
        )
    return file


def read_json(file: Path) -> Any:
    """Raises InputError with line and column where it is not JSON."""
    try:
        return framecast.bounded.read_json(file)
    except OSError as error:
        raise framecast.InputError(f"{file}: {error.strerror}") from None
    except framecast.InputError as error:
        raise framecast.InputError(f"{error}: download the file again") from None


def read_list(file: Path) -> list[Any]:
    """The entries of an annotation file. Raises InputError where it is not a list."""
    content = read_json(file)
    if not isinstance(content, list):
        raise framecast.InputError(f"{file}: holds {_kind(content)}, where a list of entries is expected")
    return content


def read_mapping(file: Path) -> dict[str, Any]:
    """What `labels.json` maps. Raises InputError where it is no mapping, or an empty one."""
    content = read_json(file)
    if not isinstance(content, dict) or not content:
        raise framecast.InputError(
            f"{file}: holds {_kind(content)}, where a mapping of templates to class numbers is expected"
        )
    return content


def _kind(content: object) -> str:
    if isinstance(content, list):
        return "a list"
    if isinstance(content, dict):
        return "a mapping" if content else "an empty mapping"
    return f"only {json.dumps(content)[:40]}"
