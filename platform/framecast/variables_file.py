"""Values of environment variables on their way to a cluster: in a file that only its reader can open, once."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from framecast.bounded import read_json_object

FILE = ".framecast-variables"
FILE_VARIABLE = "FRAMECAST_VARIABLES_FILE"
"""Names the file, in the environment of the process that is to read it."""
_NAMES = "FRAMECAST_VARIABLES"
"""Names of the variables that came in such a file."""


def write_variables(folder: Path, variables: Mapping[str, str]) -> None:
    """Writes the file, with mode 600, which Ray keeps where it unpacks it.

    It begins with a random number: Ray names a package by the digest of its content, and a short value could be
    found by trying.
    """
    descriptor = os.open(folder / FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        json.dump({"random": secrets.token_hex(32), "variables": dict(variables)}, stream)


def take_variables() -> None:
    """Puts the values into this process's environment, and removes the file. Does nothing where none was sent.

    Raises InputError or OSError where it cannot be read.
    """
    name = os.environ.pop(FILE_VARIABLE, "")
    if not name:
        return
    content = read_json_object(Path(name))
    os.unlink(name)
    values = {str(key): str(value) for key, value in content["variables"].items()}
    os.environ.update(values)
    os.environ[_NAMES] = " ".join(values)


def variables_sent() -> dict[str, str]:
    """What has been sent to this process, or to the one that has started it."""
    return {name: os.environ[name] for name in os.environ.get(_NAMES, "").split() if name in os.environ}
