"""Where processes of ours find modules: in what is installed first, whatever the user's own files are called.

Python and Ray put the current folder in front of what is installed, and a `statistics.py` there would take the
place of the standard library's. So it comes last: plugins that are named by their module are still found.
"""

from __future__ import annotations

import os
import sys

VARIABLE = "FRAMECAST_PATH"


def passed_on() -> dict[str, str]:
    """The environment variable by which another process finds what this one does."""
    folders = dict.fromkeys(os.path.abspath(entry) for entry in sys.path)
    return {VARIABLE: os.pathsep.join(folder for folder in folders if os.path.isdir(folder))}


def extend() -> None:
    """Appends what another process has passed on."""
    for folder in os.environ.get(VARIABLE, "").split(os.pathsep):
        if folder and folder not in sys.path:
            sys.path.append(folder)
