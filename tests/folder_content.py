"""What is in a folder, to be compared with what was there before, or is elsewhere."""

from __future__ import annotations

import os
from pathlib import Path


def folder_content(folder: Path) -> dict[str, bytes | str]:
    """Every file below a folder with its bytes, every link with its target."""
    return {
        str(path.relative_to(folder)): os.readlink(path) if path.is_symlink() else path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() or path.is_symlink()
    }
