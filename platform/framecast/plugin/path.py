"""The type of a setting that names a file or a folder: `framecast.Path`."""

from __future__ import annotations

import os
import pathlib
import re
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import AfterValidator, Field, ValidationInfo, WithJsonSchema

FOLDER_VARIABLE = "FRAMECAST_FOLDER"
"""Names the folder that relative paths start from, for a command that another machine has sent."""

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:(//|:)")  # also fsspec's chains, zip::s3://; C:\ has one letter only


def current_folder() -> str:
    """The folder from which the command was given: what relative paths in settings start from."""
    if sent := os.environ.get(FOLDER_VARIABLE):
        return sent
    physical, logical = os.getcwd(), os.environ.get("PWD", "")
    try:  # the name that the user knows: the physical one may be missing on other hosts (automounted homes)
        return logical if os.path.isabs(logical) and os.path.samefile(logical, physical) else physical
    except OSError:  # handled: $PWD does not hold; the physical folder is taken
        return physical


def absolute_path(text: str, folder: str | None) -> str:
    """`text` with `~` expanded, and taken from `folder`, if given, where it is relative. Symbolic links and `..`
    stay as written, and so do URLs and the wildcards of a pattern. Raises ValueError where `~` is unknown."""
    if _URL.match(text):
        return text
    expanded = os.path.expanduser(text)
    if expanded.startswith("~"):
        raise ValueError(f"{text}: no such home folder is known; a file of that name is ./{text}")
    return expanded if folder is None else str(pathlib.Path(folder, expanded))


def with_absolute_paths(value: Any, folder: str) -> Any:
    """The same plain value with every `pathlib.Path` in it, and in its lists and mappings, absolute."""
    if isinstance(value, pathlib.Path):
        return pathlib.Path(absolute_path(str(value), folder))
    if isinstance(value, dict):
        return {key: with_absolute_paths(inner, folder) for key, inner in value.items()}
    if type(value) in (list, tuple, set, frozenset):
        return type(value)(with_absolute_paths(inner, folder) for inner in value)
    return value


def folder_of(info: ValidationInfo) -> str | None:
    """The folder that relative paths start from; None outside a job, where they stay as they are."""
    return (info.context or {}).get("folder")


def _checked(text: str, info: ValidationInfo) -> str:
    if "\0" in text:
        raise ValueError("holds a null character, which no path can")
    return absolute_path(text, folder_of(info))


_SCHEMA = {"type": "string", "format": "path", "minLength": 1}

Path = Annotated[str, Field(min_length=1), AfterValidator(_checked), WithJsonSchema(_SCHEMA)]
"""The path of a file or folder, as text: a setting of this type works on every process and host.

    class MySettings(framecast.Settings):
        root: framecast.Path
        masks: framecast.Path | None = None
        files: tuple[framecast.Path, ...] = ("data/*.nc",)

`~` is expanded, and when a job is resolved a relative path, a default too, is taken from the folder in which the
command was given. Ray's workers run in other folders, and would look for a relative path there. URLs
(s3://bucket/data) stay as they are.
"""


def is_path(annotation: Any) -> bool:
    """Whether a setting of this type is a path, or may be none; lists of paths are not."""
    if isinstance(annotation, type):
        return issubclass(annotation, pathlib.Path)
    parts = get_args(annotation)
    if any(isinstance(part, WithJsonSchema) and part.json_schema == _SCHEMA for part in parts):
        return True
    return get_origin(annotation) in (Union, UnionType) and any(map(is_path, parts))
