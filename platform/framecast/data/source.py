"""Where one video comes from: a file, an entry of a zip archive, or a folder of images."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any

from framecast.bounded.archive import open_zip, read_member
from framecast.bounded.limit import UNPACKED_BYTES, bytes_text
from framecast.data.damaged_video import DamagedVideo
from framecast.errors import InputError


@dataclass(frozen=True)
class Source:
    """One video under the name it has in the store; `facts` (plain JSON values) are kept beside it there.

    `member` is the entry's name where `path` is a zip archive, which is read without unpacking it to disk.
    """

    name: str
    path: Path
    member: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes of the video as it lies there; of a folder, those of all its files."""
        if self.member:
            with open_zip(self.path) as archive:
                return archive.getinfo(self.member).file_size
        if self.path.is_dir():
            return sum(file.stat().st_size for file in self.path.iterdir() if file.is_file())
        return self.path.stat().st_size

    def open(self) -> Path | IO[bytes]:
        """What a decoder reads. Raises DamagedVideo where the archive's entry cannot be unpacked."""
        if not self.member:
            return self.path
        try:
            with open_zip(self.path) as archive:
                return io.BytesIO(read_member(archive, self.member, "it"))
        except (InputError, OSError) as error:
            raise DamagedVideo(str(error)) from None


def entries(archive: Path) -> tuple[list[str], list[tuple[str, str]]]:
    """The files in a zip archive, and those refused, each with the reason.

    Refused are names that lead out of the archive, and entries beyond the limit of unpacked bytes. Raises
    FileNotFoundError where there is no archive, InputError where it cannot be read.
    """
    sound, refused = [], []
    with open_zip(archive) as opened:
        for entry in opened.infolist():
            # as written: a backslash is a separator on the machine that made the archive
            path = PurePosixPath(entry.orig_filename.replace("\\", "/"))
            if entry.is_dir():
                continue
            if path.is_absolute() or ".." in path.parts or ":" in "".join(path.parts[:1]):
                refused.append((f"{archive.name}: {entry.orig_filename}", "its path leads out of the archive"))
            elif entry.file_size > UNPACKED_BYTES.value:
                too_large = UNPACKED_BYTES.exceeded(f"it would unpack to {bytes_text(entry.file_size)}")
                refused.append((f"{archive.name}: {entry.filename}", str(too_large)))
            else:
                sound.append(entry.filename)
    return sound, refused
