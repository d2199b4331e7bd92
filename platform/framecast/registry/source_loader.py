"""Imports plugins that lie at a path from their sources alone, never from bytecode that lies next to them.

Which code a plugin is follows from its sources: a `.pyc` in `__pycache__` could be other code than that.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, FileFinder, SourceFileLoader
from pathlib import Path


class SourceLoader(SourceFileLoader):
    """Neither reads nor writes bytecode."""

    def path_stats(self, path: object) -> Mapping[str, float]:
        """Raises OSError, after which Python looks for no bytecode."""
        raise OSError("bytecode is not used")


def read_sources_only(package: Path) -> None:
    """Has Python import what lies in a package by SourceLoader too."""
    loaders = (ExtensionFileLoader, EXTENSION_SUFFIXES), (SourceLoader, [".py"])
    for folder, _, _ in os.walk(package):
        sys.path_importer_cache[folder] = FileFinder(folder, *loaders)
