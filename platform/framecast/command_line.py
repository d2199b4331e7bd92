"""Commands of ours as they are printed: quoted, so that any shell takes them as they stand."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path


def command(*words: object) -> str:
    """`platform WORDS`, ready to be copied: command("resume", run.id, "model.layers=[1]").

    Words with blanks, brackets or other characters that shells (zsh, fish) read in a way of their own are quoted.
    """
    return f"{_program()} {shlex.join(map(str, words))}"


def display_path(path: Path) -> str:
    """A path as a person would write it from here."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


def is_forwarded() -> bool:
    """Whether this command was sent to a cluster: who reads what it prints does not see the files here."""
    return "FRAMECAST_COMMAND" in os.environ


def _program() -> str:
    """The program as it can be typed here: `platform`, or its path where that is not on the PATH."""
    if sent_from := os.environ.get("FRAMECAST_COMMAND"):  # what a cluster is to call it
        return sent_from
    program = Path(sys.argv[0] if sys.argv else "")
    if program.name == "__main__.py" and program.parent.name == "framecast":
        return "python -m framecast"
    if program.name != "platform":  # a worker, a notebook, a script
        return "platform"
    found = shutil.which("platform")
    return (
        "platform"
        if found and Path(found).resolve() == program.resolve()
        else shlex.quote(str(display_path(program.absolute())))
    )
