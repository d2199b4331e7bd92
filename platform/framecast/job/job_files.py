"""Where a job's file lies, when only its name is given."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from framecast.errors import InputError, did_you_mean

ENDINGS = (".yaml", ".yml")


def find_job_file(text: str) -> Path:
    """The file that `text` names: a path, or a job's name in this folder, in ./jobs or among the examples.

    Raises InputError where it is a name and no file has it; a path that leads nowhere is returned as it is.
    """
    path = Path(text)
    if not text or _is_there(path) or path.suffix in ENDINGS or path.name != text or not text.isprintable():
        return path
    for folder in _folders():
        for file in (folder / f"{text}{ending}" for ending in ENDINGS):
            if _is_there(file):
                return file
    if os.path.isdir(text):
        return path  # reading it says that it is a folder
    known = {file.stem for folder in _folders() for file in job_files(folder)}
    raise InputError(f"no job is called {text!r}, here or in ./jobs{did_you_mean(text, known)}")


def job_files(folder: Path) -> list[Path]:
    """The job files of a folder, in order."""
    return sorted(file for ending in ENDINGS for file in folder.glob(f"*{ending}"))


def example_jobs() -> Path | None:
    """The folder of the jobs that come with Framecast: in its package, or next to its sources."""
    package = Path(__file__).resolve().parents[1]
    found = [folder for folder in (package / "example_jobs", package.parents[1] / "jobs") if folder.is_dir()]
    return found[0] if found else None


def _folders() -> Iterator[Path]:
    yield from (Path(), Path("jobs"))
    if examples := example_jobs():
        yield examples


def _is_there(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # handled: a name that no file can have; reading it says why
        return False
