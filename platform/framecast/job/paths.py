"""Paths in a job, which start from a folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from framecast.bounded.yaml_text import Key, dotted
from framecast.job.document import Document
from framecast.job.job import LISTS, SECTIONS
from framecast.job.load import read_plan
from framecast.job.plan_file import PlanFile
from framecast.job.resolve import check_job
from framecast.registry.registry import Registry


def with_absolute_paths(document: Document, registry: Registry) -> Document:
    """The same job, the paths in its plugins' sections absolute: its meaning no longer depends on a folder.
    Raises InputError with every problem of the job."""
    resolved = check_job(document, registry).to_dict()["job"]
    data = {
        key: _with_paths(value, resolved[key]) if key in SECTIONS or key in LISTS else value
        for key, value in document.data.items()
    }
    return Document(document.file, data, dict(document.places), document.text)


def relative_paths(plan: Path) -> list[tuple[str, str]]:
    """(key, path) of the paths in a plan's file that depend on a folder, as older versions wrote them."""
    written = PlanFile.read(plan).job
    resolved = read_plan(plan).to_dict()["job"]
    return [
        (dotted(key), text)
        for section in (*SECTIONS, *LISTS)
        for key, text in _differing((section,), written.get(section), resolved[section])
    ]


def _with_paths(written: Any, resolved: Any) -> Any:
    """What is written, its texts as they were resolved."""
    if isinstance(written, dict) and isinstance(resolved, dict):
        return {key: _with_paths(value, resolved.get(key, value)) for key, value in written.items()}
    if isinstance(written, list) and isinstance(resolved, list):
        return [_with_paths(*pair) for pair in zip(written, resolved, strict=False)]
    return resolved if isinstance(written, str) and isinstance(resolved, str) else written


def _differing(key: Key, written: Any, resolved: Any) -> Iterator[tuple[Key, str]]:
    """The texts that were resolved to others."""
    if isinstance(written, dict):
        for name, value in written.items():
            yield from _differing((*key, name), value, resolved[name])
    elif isinstance(written, list):
        for number, pair in enumerate(zip(written, resolved, strict=True)):
            yield from _differing((*key, number), *pair)
    elif isinstance(written, str) and written != resolved:
        yield key, written
