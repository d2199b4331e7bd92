"""What can go wrong: the user's input is wrong, the run failed, or a plugin's code failed; and what to do."""

from __future__ import annotations

import difflib
import errno
import os
import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_DISK = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "a file may not grow any more (ulimit -f)",
    errno.EROFS: "the disk is read-only",
    errno.EIO: "the disk does not work",
}

_USER = re.compile(r"(?<=://)(?:[^\s/?#'\"]*@|[^\s/?#'\"@:]*:(?!\d*[/?#])[^\s'\"]*@)")
"""Of a URL the user and the password, which may hold a slash where it is that of a database."""
_SECRET = re.compile(
    r"([?&;#][^=&;\s]*(?:token|key|password|passwd|passphrase|pwd|secret|signature|credential|sig|auth)[^=&;\s]*=)"
    r"[^&;\s'\"<>]+",
    re.IGNORECASE,
)
MOST_NAMED = 24
"""Known words that are listed where none is close to what was written."""


@dataclass(frozen=True, order=True)
class Place:
    """A position in a file the user wrote; lines and columns count from 1, 0 means the file as a whole."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with the user's input, and what to do."""

    message: str
    key: str = ""
    place: Place | None = None

    def __str__(self) -> str:
        where = " ".join(part for part in (str(self.place or ""), self.key) if part)
        return f"{where}: {self.message}" if where else self.message


class InputError(Exception):
    """The user's input is wrong. Holds every problem found, sorted by place; the command line exits with 2."""

    def __init__(self, problems: Problem | str | Iterable[Problem]) -> None:
        if isinstance(problems, str):
            problems = Problem(problems)
        found = [problems] if isinstance(problems, Problem) else list(problems)
        self.problems = sorted(found, key=lambda problem: problem.place or Place(""))
        super().__init__("\n".join(map(str, self.problems)))


class TrainingFailed(Exception):
    """Training cannot continue, and another attempt would not help (a loss that is not finite, say)."""


class PeersWaiting(Exception):
    """One of several processes cannot continue; the launcher has to end the others, which wait for it."""


class PluginFailed(Exception):
    """The code of a plugin failed where the platform called it; the message names the plugin and the line."""


def in_one_line(error: BaseException) -> str:
    """An error as a message for the user: its kind and text, without line breaks and without credentials."""
    if why := access_problem(error):
        return why
    text = " ".join(str(error).split())
    own_words = isinstance(error, InputError | TrainingFailed | PluginFailed | OSError) and text
    return without_credentials(text if own_words else f"{type(error).__name__}: {text}".removesuffix(": "))


def without_credentials(text: str) -> str:
    """The text with the user names, passwords and tokens in its URLs replaced by `***`."""
    if "://" not in text:
        return text
    return _SECRET.sub(r"\1***", _USER.sub("***@", text))


def why_not_written(error: BaseException | str) -> str:
    """What keeps a disk from taking what is written to it: "the disk is full". Empty for other errors.

    A text is searched for what the system says: errors come wrapped by libraries and from other processes.
    """
    if isinstance(error, OSError) and error.errno is not None:
        return _DISK.get(error.errno, "")
    return _DISK.get(disk_error_number(str(error)) or 0, "")


def disk_error_number(text: str) -> int | None:
    """The number of the disk's error that a text quotes; None where it quotes none."""
    return next((number for number in _DISK if os.strerror(number) in text or f"os error {number})" in text), None)


def disk_problem(error: OSError) -> str:
    """The same as a whole sentence with the file and what to do. Empty for other errors."""
    why = why_not_written(error)
    if not why:
        return ""
    file = error.filename2 or error.filename
    return f"{why}: {os.strerror(error.errno or 0)}{f' ({file})' if file else ''}"


def access_problem(error: BaseException) -> str:
    """What keeps this user from a file, as a sentence with the file or folder that refuses, its owner, and the way
    out. Empty for errors of other kinds, and for those that name no file."""
    if not isinstance(error, PermissionError) or not isinstance(error.filename, str | bytes):
        return ""
    place, action, permission = _refusing(Path(os.path.abspath(os.fsdecode(error.filename))))
    way_out = "ask for access, or work on a copy of your own"
    try:
        status = place.stat()
        if status.st_uid == os.geteuid() and permission:
            way_out = f"`chmod u+{permission} {shlex.quote(str(place))}` allows it"
        facts = f"it belongs to {_owner(place)} and has mode {status.st_mode & 0o7777:03o}"
    except OSError:  # handled: the sentence says what the system said instead
        facts = error.strerror or "permission denied"
    return f"{place} may not be {action} by this user: {facts}; {way_out}"


def _refusing(path: Path) -> tuple[Path, str, str]:
    """What refuses, the path or a folder above it; what may not be done with that; the missing permission."""
    for folder in reversed(path.parents):
        if not os.access(folder, os.X_OK):
            return folder, "entered", "x"
    exists = os.path.lexists(path)
    if exists and not os.access(path, os.R_OK):
        return path, "read", "r"
    if not os.access(path.parent, os.W_OK):
        return path.parent, "written to", "w"
    return (path, "written to", "w") if exists and not os.access(path, os.W_OK) else (path, "used", "")


def _owner(path: Path) -> str:
    try:
        return path.owner()
    except KeyError:  # handled: a user without a name here
        return f"user {path.stat().st_uid}"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """ ", did you mean rank?", or the known words where none is close, or nothing where there are none."""
    known = sorted(known)
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f", did you mean {close[0]}?" if close else list_choices(known)


def list_choices(known: Iterable[str]) -> str:
    """ ", choose from: order, rank", the first of them where there are many; nothing where there are none."""
    known = sorted(known)
    more = f" and {len(known) - MOST_NAMED} more" if len(known) > MOST_NAMED else ""
    return f", choose from: {', '.join(known[:MOST_NAMED])}{more}" if known else ""
