"""Which plugins this user has trained with: noted outside the folders of runs, which others may have written.

submitted/<digest of a folder's path>.json   the plugins of the run or search there, and digests of its plans
code/<digest of the code>                    that this very code has been imported before
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from framecast.bounded.json_file import read_json_object
from framecast.bounded.limit import YAML_BYTES
from framecast.bounded.regular_file import read_bytes
from framecast.errors import InputError
from framecast.files import make_folder, write_atomically
from framecast.registry.entry_points import not_installed
from framecast.registry.plugin_source import PluginSource
from framecast.user_folders import state_folder

_PLANS = ("plan.yaml", "search.yaml")
_MOST_PLANS = 20
_MOST_FILES = 10_000
_LARGEST = 256 << 20
"""Bytes. What is larger than these is no plugin, and is never the same as one."""


def note_submission(folder: Path, sources: Sequence[PluginSource]) -> str:
    """Notes that this user trains in `folder` with these plugins, by the plan that was just written there; plans
    noted before stay known, for an attempt that cannot start is undone. Returns what kept it from being noted, in
    words; empty where nothing did, and where all of them are installed."""
    own = not_installed(sources)
    if not own:
        return ""
    try:
        for source in own:
            note_code(source)
        digest = _plan_digest(folder)
        plans = [each for each in _plans(_noted(folder)) if each != digest]
        content = {
            "folder": str(folder.resolve()),
            "plugins": [_named(source) for source in own],
            "plans": [*plans[-_MOST_PLANS:], digest],
        }
        _write(_submitted(folder), json.dumps(content, indent=1))
    except OSError as error:
        where = error.filename or state_folder()
        return f"cannot note in {where} that this run is yours ({error.strerror}): to resume it will take --trust"
    return ""


def note_code(source: PluginSource) -> None:
    """Notes that this user trains with this very code, wherever it will lie. Raises OSError."""
    if source.code and (digest := code_digest(source.code)):
        _write(_code(digest), f"{source.name}\n")


def was_submitted(folder: Path, source: PluginSource) -> bool:
    """Whether this user has named this plugin for the run in `folder`, whatever its code says by now, and the
    run's plan is one that this user has written."""
    noted = _noted(folder)
    plugins = noted.get("plugins")
    return isinstance(plugins, list) and _named(source) in plugins and has_own_plan(folder)


def has_submitted(folder: Path) -> bool:
    """Whether this user has trained in `folder` with plugins that are not installed."""
    return bool(_noted(folder))


def has_own_plan(folder: Path) -> bool:
    """Whether the plan in `folder` is one that this user has written there."""
    return bool(digest := _plan_digest(folder)) and digest in _plans(_noted(folder))


def is_known_code(source: PluginSource) -> bool:
    """Whether this user has trained with this very code."""
    digest = code_digest(source.code) if source.code else ""
    return bool(digest) and _code(digest).is_file()


def code_digest(code: Path) -> str:
    """Of the names and contents of a plugin's files but Python's bytecode, which is never read; the same wherever
    they lie. Empty where they cannot be read."""
    hashed = hashlib.sha256()
    left = _LARGEST
    try:
        for number, file in enumerate(_files(code)):
            status = os.lstat(file)
            name = file.relative_to(code) if file != code else Path()
            if stat.S_ISLNK(status.st_mode) and file.is_dir():
                raise OSError(f"{file} leads to another folder")
            if not file.is_file() or number >= _MOST_FILES or status.st_size > left:
                raise OSError(f"{file} is no file of a plugin")
            content = file.read_bytes()
            left -= len(content)
            hashed.update(f"{name.as_posix()}\0{len(content)}\0".encode(errors="surrogateescape"))
            hashed.update(content)
    except OSError:  # handled: code that cannot be read, or no code, is never the same as any
        return ""
    return hashed.hexdigest()


def _files(code: Path) -> list[Path]:
    if not code.is_dir():
        return [code]
    found: list[Path] = []
    for folder, inner, files in os.walk(code):
        linked = [name for name in inner if Path(folder, name).is_symlink()]
        inner[:] = [name for name in inner if name != "__pycache__" and not name.startswith(".")]
        found += [Path(folder, name) for name in (*files, *linked) if not name.startswith(".")]
    return sorted(found)


def _noted(folder: Path) -> dict[str, Any]:
    """What is noted of the folder; empty where that is nothing, or cannot be read."""
    try:
        content = read_json_object(_submitted(folder))
    except (OSError, InputError):  # handled: nothing noted that can be read, so nothing is known
        return {}
    return content if content.get("folder") == str(folder.resolve()) else {}


def _plans(noted: dict[str, Any]) -> list[str]:
    plans = noted.get("plans")
    return [str(each) for each in plans] if isinstance(plans, list) else []


def _plan_digest(folder: Path) -> str:
    """Of the plan of a run or a search; empty where it has none that can be read."""
    for name in _PLANS:
        try:
            return hashlib.sha256(read_bytes(folder / name, YAML_BYTES)).hexdigest()
        except (OSError, InputError):  # handled: the other name, or there is no plan
            continue
    return ""


def _named(source: PluginSource) -> dict[str, Any]:
    """A plugin as a job names it: by its path, or by its module and the place where Python finds that."""
    return {"module": source.module, "place": str(source.code)}


def _submitted(folder: Path) -> Path:
    digest = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()
    return state_folder() / "submitted" / f"{digest[:32]}.json"


def _code(digest: str) -> Path:
    return state_folder() / "code" / digest


def _write(file: Path, text: str) -> None:
    top = make_folder(state_folder(), mode=0o700)
    make_folder(file.parent, top, mode=0o700)
    write_atomically(file, text, top)
