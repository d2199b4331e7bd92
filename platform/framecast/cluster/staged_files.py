"""Files of a run that are on their way here: kept where they arrive until all of them are whole."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path

from framecast.bounded.regular_file import open_regular, pieces_of
from framecast.cluster.file_lines import Missing
from framecast.cluster.run_files import RunFile
from framecast.errors import InputError
from framecast.files import atomic_stream, make_folder, make_link, move, open_to_append, remove_file, remove_tree
from framecast.runs import layout
from framecast.runs.run_folder import RunFolder

LAST = layout.PLAN
"""The file that makes a folder a run: it is put in its place when all others are."""


class StagedFiles:
    """`files`, by their names within the run, below `folder`; no link below `top` is followed."""

    def __init__(self, folder: Path, top: Path, files: Mapping[str, RunFile]) -> None:
        self.folder = folder
        self.top = top
        self.size = sum(file.size for file in files.values())
        """Bytes."""
        self._files = files

    def copy_from(self, source: Path) -> None:
        """Copies them from a disk, each as long as it was listed. Raises InputError where that fails."""
        for name, file in self._files.items():
            target = self.folder / name
            make_folder(target.parent, self.top)
            try:
                with open_regular(source / name) as stream, atomic_stream(target, self.top) as copy:
                    copy.writelines(pieces_of(stream, file.size))
            except OSError as error:
                raise InputError(f"cannot copy {source / name}: {error.strerror or error}") from None

    def missing(self) -> list[Missing]:
        """What has not arrived yet. Of each file that is named here there is one to append to."""
        found = []
        for name, file in self._files.items():
            here = self.folder / name
            make_folder(here.parent, self.top)
            open_to_append(here, self.top).close()
            if (offset := here.stat().st_size) < file.size:
                found.append((name, offset, file.size))
        return found

    def discard_outdated(self) -> None:
        """Removes what an earlier attempt left of files that have changed since, as far as that shows."""
        for name, file in self._files.items():
            here = self.folder / name
            if here.is_file() and here.stat().st_size >= file.size and not file.is_same(here):
                remove_file(here, self.top)

    def discard_damaged(self) -> list[str]:
        """Removes those that are not what was listed, and returns their names."""
        damaged = [name for name, file in self._files.items() if not file.is_same(self.folder / name)]
        for name in damaged:
            remove_file(self.folder / name, self.top)
        return damaged

    def put_in_place(self, copy: RunFolder, links: Mapping[str, str]) -> None:
        """Moves them into the run's folder: a manifest after its checkpoint's files, the plan at last."""
        for name in sorted(
            self._files, key=lambda name: (name == LAST, name.endswith(f"/{layout.MANIFEST}"), name)
        ):
            target = copy.path / name
            make_folder(target.parent, self.top)
            move(self.folder / name, target, self.top)
        for name, checkpoint in links.items():
            with contextlib.suppress(OSError):
                # handled: a file system without links; best and last follow from the manifests there
                make_link(copy.checkpoints / name, checkpoint, self.top)
        make_folder(copy.logs, self.top)
        remove_tree(self.folder, self.top, ignore_errors=True)
