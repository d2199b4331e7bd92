"""Working copies: the local folders in which runs at a URL are made and read."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path, PurePosixPath

from framecast.bounded.regular_file import read_text
from framecast.errors import InputError
from framecast.files import make_folder, write_atomically
from framecast.runs import layout
from framecast.runs.driver import is_driven_here
from framecast.runs.job_folder import JobFolder
from framecast.runs.url_folder import UrlFolder, is_hidden
from framecast.user_folders import cache_folder

_LISTED = {".yaml", ".json", ".jsonl", ".csv"}
"""What `pull_all` fetches of a run: the files that a list of runs is made of."""


def working_copy(url: str, side: str = "") -> Path:
    """The local root of the runs at a URL, below $FRAMECAST_CACHE or ~/.cache/framecast; each `side` has its own.

    It holds the URL in a file, so that every process that is given a folder below it finds the URL again.
    Raises InputError if the URL holds credentials or the folder cannot be made.
    """
    url = UrlFolder(url).url
    cache = cache_folder().resolve()
    root = cache / f"{_name_of_working_copy(url)}{side}"
    try:
        make_folder(cache, mode=0o700)
        make_folder(root, cache)
        if not (root / layout.URL).exists():
            write_atomically(root / layout.URL, url)
    except OSError as error:
        raise InputError(f"cannot make {root}, the working copy of {url}: {error.strerror or error}") from None
    return root


def url_of_working_copy(root: Path) -> str:
    """The URL of which a root of runs is the working copy; empty for any other folder.

    The file that says so counts only where Framecast itself has made it: a folder of runs that another user has
    made does not choose an address, to which keys of a store would be sent.
    """
    root = root.resolve()
    if root.parent != cache_folder().resolve() or not (root / layout.URL).is_file():
        return ""
    url = read_text(root / layout.URL)
    return url if root.name.startswith(_name_of_working_copy(url)) else ""


def _name_of_working_copy(url: str) -> str:
    readable = re.sub(r"[^A-Za-z0-9]+", "-", url.partition("?")[0]).strip("-")[:60]
    return f"{readable}-{hashlib.sha256(url.encode()).hexdigest()[:8]}"


def pull_all(url: str) -> Path:
    """The working copy of a URL with the small files of all its runs: no checkpoints, logs or reports.

    Only what has changed is fetched. Raises InputError if the URL cannot be read.
    """
    root, store = working_copy(url), UrlFolder(url)
    small = {
        PurePosixPath(name): file
        for name, file in store.files().items()
        if len((path := PurePosixPath(name)).parts) == 3 and path.suffix in _LISTED and not is_hidden(name)
    }
    driven = {run for run in {path.parent for path in small} if is_driven_here(JobFolder(root / run))}
    store.download_changed({str(path): file for path, file in small.items() if path.parent not in driven}, root)
    return root
