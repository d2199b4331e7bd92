"""What is remembered of plugins that others wrote, so that they are imported only when they have changed."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Sequence
from importlib.machinery import all_suffixes
from importlib.metadata import requires, version
from pathlib import Path
from typing import Any

from framecast.bounded.json_file import read_json
from framecast.errors import InputError
from framecast.files import make_folder, write_atomically
from framecast.plugin.hooks import PROJECT
from framecast.registry.examination import examined, patience
from framecast.registry.outcome import Outcome
from framecast.registry.provider import Provider
from framecast.user_folders import cache_folder


def outcomes(providers: Sequence[Provider], again: bool = False) -> dict[Provider, Outcome]:
    """What comes of importing these plugins: from memory where nothing has changed since, else they are examined,
    all side by side. With `again` nothing is taken from memory.

    The memory is a file for each plugin below $FRAMECAST_CACHE or ~/.cache/framecast. It holds as long as the
    plugin's files keep their sizes and times, the same distributions are installed (one that was missing may
    have come), and framecast, Python and the time allowed are the same.
    """
    if not providers:
        return {}
    installed = _installed_names()
    marks = {provider: _mark(provider, installed) for provider in providers}
    known = {} if again else {each: found for each in providers if (found := _recalled(each, marks[each]))}
    new = examined([provider for provider in providers if provider not in known])
    for provider, outcome in new.items():
        _remember(provider, marks[provider], outcome)
    return {provider: known.get(provider) or new[provider] for provider in providers}


def _file(provider: Provider) -> Path:
    return cache_folder() / "plugins" / f"{_digest([provider.to_dict(), provider.file(), sys.prefix])}.json"


def _recalled(provider: Provider, mark: str) -> Outcome | None:
    try:
        content = read_json(_file(provider))
        return Outcome.from_dict(content["outcome"]) if content["mark"] == mark else None
    except (OSError, InputError, ValueError, TypeError, KeyError):
        # handled: nothing remembered that can be read; the plugin is examined
        return None


def _remember(provider: Provider, mark: str, outcome: Outcome) -> None:
    file = _file(provider)
    top = file.parents[1]
    try:
        make_folder(top, mode=0o700)
        make_folder(file.parent, top)
        write_atomically(file, json.dumps({"mark": mark, "outcome": outcome.to_dict()}), top)
    except (OSError, InputError):  # handled: a disk that takes nothing; the next command examines it once more
        pass


def _mark(provider: Provider, installed: list[str]) -> str:
    """Changes whenever the plugin might be imported with another outcome."""
    files = [[str(file), *_size_and_time(file)] for file in _code(provider)]
    try:
        needs = requires(provider.distribution)
    except Exception:  # handled: metadata that cannot be read; the examination says so
        needs = None
    return _digest([version(PROJECT), sys.version, patience(), provider.to_dict(), needs, files, installed])


def _code(provider: Provider) -> list[Path]:
    """The files of the plugin's package that Python may import."""
    suffixes = tuple(all_suffixes())
    found: list[Path] = []
    for place in provider.places():
        if place.is_file():
            found.append(place)
        for folder, inner, files in os.walk(place):
            inner[:] = [name for name in inner if name != "__pycache__"]
            found += [Path(folder) / name for name in files if name.endswith(suffixes)]
    return sorted(found)


def _size_and_time(file: Path) -> tuple[int, int]:
    try:
        status = file.stat()
    except OSError:  # handled: a file that is gone, which changes the mark
        return 0, 0
    return status.st_size, status.st_mtime_ns


def _installed_names() -> list[str]:
    """The metadata folders of all distributions on the path, whose names hold their versions."""
    found: set[str] = set()
    for folder in {*sys.path}:
        try:
            found |= {name for name in os.listdir(folder or ".") if name.endswith((".dist-info", ".egg-info"))}
        except OSError:  # handled: an archive, or no folder; nothing is installed there
            continue  # an archive, or a folder that is not there
    return sorted(found)


def _digest(data: Any) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:32]
