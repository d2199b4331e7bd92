"""The user's own folders: those that a path begins with, and where caches and lists go where there is no home."""

from __future__ import annotations

import getpass
import os
import tempfile
from pathlib import Path

from framecast.errors import InputError
from framecast.files import make_folder


def expanded(text: str | Path) -> Path:
    """A path with `~` expanded. Raises InputError where it is not known what that is, as for a user without
    HOME."""
    found = os.path.expanduser(text)
    if found.startswith("~"):
        raise InputError(f"{text}: the home folder is not known; set HOME, or write the whole path")
    return Path(found)


def cache_folder() -> Path:
    """Where things are kept that can be made again: $FRAMECAST_CACHE, else ~/.cache/framecast. Without a home
    that can be written to it is a folder of this user among the temporary ones."""
    if chosen := os.environ.get("FRAMECAST_CACHE"):
        return expanded(chosen)
    home = os.path.expanduser("~")
    if os.path.isabs(home):
        usual = Path(home, ".cache", "framecast")
        if _can_be_written(usual):
            return usual
    user = os.getuid() if hasattr(os, "getuid") else "user"
    own = Path(tempfile.gettempdir(), f"framecast-{user}")
    try:
        make_folder(own, own.parent, mode=0o700)
        mine = not hasattr(os, "getuid") or own.lstat().st_uid == os.getuid()
    except (OSError, InputError):  # handled: no place for the usual folder; another temporary one is made
        mine = False
    return own if mine else Path(tempfile.mkdtemp(prefix="framecast-"))  # another user has taken the name


def config_folder() -> Path | None:
    """Where the user's lists are: $XDG_CONFIG_HOME/framecast, else ~/.config/framecast; None without a home."""
    home = os.path.expanduser(os.environ.get("XDG_CONFIG_HOME") or "~/.config")
    return Path(home, "framecast") if os.path.isabs(home) else None


def state_folder() -> Path:
    """Where Framecast remembers what this user did: $XDG_STATE_HOME/framecast, else ~/.local/state/framecast.
    Without a home it is within the cache folder."""
    home = os.path.expanduser(os.environ.get("XDG_STATE_HOME") or "~/.local/state")
    return Path(home, "framecast") if os.path.isabs(home) else cache_folder() / "state"


def give_libraries_a_home() -> None:
    """Sets HOME and USER for this process and those it starts, where they are not known: Ray and torch ask for
    them."""
    if not os.path.isabs(os.path.expanduser("~")):
        os.environ["HOME"] = str(cache_folder())
    try:
        getpass.getuser()
    except (KeyError, OSError):  # handled: unknown to the system; a name is made of the number
        os.environ["USER"] = f"user-{os.getuid()}"


def _can_be_written(folder: Path) -> bool:
    """Whether a folder is there, or can be made, and takes files. Nothing is made."""
    for place in (folder, *folder.parents):
        if place.exists():
            return place.is_dir() and os.access(place, os.W_OK | os.X_OK)
    return False
