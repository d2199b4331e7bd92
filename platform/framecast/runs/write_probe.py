"""Whether a folder or a URL can hold runs: asked before the first of them is written there."""

from __future__ import annotations

import secrets
from pathlib import Path

from framecast.bounded.regular_file import read_bytes
from framecast.errors import InputError
from framecast.files import make_folder, remove_file, write_atomically
from framecast.runs.roots import is_url
from framecast.runs.url_folder import UrlFolder


def probe(place: str | Path) -> None:
    """Writes, reads back and deletes a small file. Raises InputError, with the cause, if that does not work."""
    name, content = f".probe-{secrets.token_hex(4)}", secrets.token_bytes(16)
    found: bytes | None
    if isinstance(place, str) and is_url(place):
        folder = UrlFolder(place)
        folder.write(name, [content])
        found = folder.read(name)
        folder.delete(name)
    else:
        file = Path(place) / name
        try:
            make_folder(file.parent)
            write_atomically(file, content)
            found = read_bytes(file)
            remove_file(file)
        except OSError as error:
            raise InputError(f"cannot write to {place}: {error.strerror or error}") from None
    if found != content:
        raise InputError(f"{place} does not give back what was written to it")
