"""The folders in which a store is made: by one process at a time, and holding nothing else.

Neither may be a link, or hold what is not of a store: only own files are replaced and deleted.
"""

from __future__ import annotations

import fcntl
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from framecast.data.shard_decoding import SHARDS
from framecast.errors import InputError
from framecast.files import make_folder, open_lock, validate_own_folder

_OWN_FILES = re.compile(r"lock|signature|index\.json(\.\d+)?|\..*\.writing")
_OWN_SHARDS = re.compile(r"\d{4}\.(frames|json|\d+|json\.\d+)|\..*\.writing")
"""What a preparation leaves behind; an older version wrote under the number of its process."""


@contextmanager
def exclusive(work: Path) -> Iterator[None]:
    """No other process prepares this folder meanwhile; the lock ends with the process, however that ends."""
    make_folder(work, work.parent)
    validate_own_folder(work)
    with open_lock(work / "lock", work.parent) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(f"{work} is being prepared by another process: wait for it, or stop it") from None
        validate_own_files(work)
        yield


def validate_own_files(folder: Path) -> None:
    """Raises InputError where a folder is a link, or holds what no preparation writes: it would be deleted."""
    if folder.is_symlink():
        raise InputError(f"{folder} is a symbolic link: remove it, or prepare the data where it leads")
    for inner, own in ((folder, _OWN_FILES), (folder / SHARDS, _OWN_SHARDS)):
        for file in sorted(inner.iterdir()) if inner.is_dir() else ():
            is_shards = file == folder / SHARDS and file.is_dir()
            if file.is_symlink() or not (is_shards or (own.fullmatch(file.name) and file.is_file())):
                raise InputError(
                    f"{folder} is to be replaced, but holds {file.relative_to(folder)}, which is not of a store: "
                    "move it away"
                )
