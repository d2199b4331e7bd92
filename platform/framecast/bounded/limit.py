"""The limits of what is read, and the environment variables that raise them."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from framecast.errors import InputError

PREFIX = "FRAMECAST_LIMIT_"
_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


@dataclass(frozen=True)
class Limit:
    """A number that no input may exceed, unless the user sets the environment variable FRAMECAST_LIMIT_<name>."""

    name: str
    usual: int
    meaning: str

    @property
    def variable(self) -> str:
        """The environment variable that replaces the usual value: a whole number, K, M, G or T may follow."""
        return PREFIX + self.name

    @property
    def value(self) -> int:
        """What holds in this process. Raises InputError where the variable is no number."""
        text = os.environ.get(self.variable, "").strip()
        if not text:
            return self.usual
        match = re.fullmatch(r"(\d{1,18})([KMGT]?)", text, re.IGNORECASE | re.ASCII)
        if not match:
            raise InputError(f"{self.variable}={text!r}: expected a whole number, such as 500, 64M or 2G")
        return int(match[1]) * _UNITS[match[2].upper()]

    def exceeded(self, what: str) -> InputError:
        """The error where `what`, such as "x.json is 70 MiB long", is beyond the limit."""
        return InputError(
            f"{what}, the limit is {self}: check where it comes from; {self.variable} raises the limit"
        )

    def __str__(self) -> str:
        return bytes_text(self.value) if self.name.endswith("_BYTES") else f"{self.value:,}"


def bytes_text(count: int) -> str:
    """ "512 bytes", "64 MiB"."""
    for unit, size in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if count >= size:
            return f"{count / size:.3g} {unit}" if count < 1000 * size else f"{count / size:,.0f} {unit}"
    return f"{count} bytes"


DOCUMENT_BYTES = Limit("DOCUMENT_BYTES", 64 * 2**20, "a file of text that is read whole: JSON, lists, reports")
YAML_BYTES = Limit("YAML_BYTES", 10**6, "a file of YAML: a job, a plan, a list of clusters")
STORE_INDEX_BYTES = Limit("STORE_INDEX_BYTES", 128 * 2**20, "the index of a prepared store")
SAMPLES_BYTES = Limit("SAMPLES_BYTES", 256 * 2**20, "the predicted clips that a checkpoint keeps for its report")
LINE_BYTES = Limit("LINE_BYTES", 4 * 2**20, "a line of events.jsonl or of a table; a longer one counts as damaged")
VALUES = Limit("VALUES", 8_000_000, "values in a JSON file; the index of a store has about 30 for each video")
YAML_VALUES = Limit("YAML_VALUES", 100_000, "values in a YAML file, those of an alias counted each time")
DEPTH = Limit("DEPTH", 50, "lists and mappings within one another, in JSON and in YAML")
DIGITS = Limit("DIGITS", 100, "digits of a whole number in JSON or YAML")
FRAME_PIXELS = Limit("FRAME_PIXELS", 2**25, "pixels of a frame of a video, or of an image (8192 x 4096)")
VIDEO_PIXELS = Limit(
    "VIDEO_PIXELS", 2**33, "pixels of all frames of a video; for each byte of its file PIXELS_PER_BYTE are added"
)
PIXELS_PER_BYTE = Limit("PIXELS_PER_BYTE", 2**14, "pixels that a byte of a video may become")
IMAGE_BYTES = Limit("IMAGE_BYTES", 256 * 2**20, "an image file")
UNPACKED_BYTES = Limit("UNPACKED_BYTES", 256 * 2**20, "a member of a zip archive, or a gzip file, unpacked")
TABLE_BYTES = Limit("TABLE_BYTES", 192 * 2**20, "a table of numbers in text (CSV)")
ARCHIVE_LIST_BYTES = Limit("ARCHIVE_LIST_BYTES", 16 * 2**20, "the list of members of a zip archive")
ARRAY_BYTES = Limit("ARRAY_BYTES", 512 * 2**20, "the arrays of an .npz file, which are read whole")
MAPPED_BYTES = Limit("MAPPED_BYTES", 64 * 2**30, "an array in an .npy file, which is read in parts")
CHUNK_BYTES = Limit("CHUNK_BYTES", 512 * 2**20, "a chunk of a NetCDF or Zarr variable, and a frame of it")
FETCHED_BYTES = Limit("FETCHED_BYTES", 64 * 2**30, "a file of a run that is fetched from a cluster or a store")
OPEN_SECONDS = Limit(
    "OPEN_SECONDS", 120, "seconds to open a NetCDF file or a published checkpoint: some damaged ones never open"
)
UNMEASURED_CODECS = Limit(
    "UNMEASURED_CODECS", 0, "codecs of a Zarr array that may unpack to any size, as those of other packages do"
)

LIMITS = [
    DOCUMENT_BYTES,
    YAML_BYTES,
    STORE_INDEX_BYTES,
    SAMPLES_BYTES,
    LINE_BYTES,
    VALUES,
    YAML_VALUES,
    DEPTH,
    DIGITS,
    FRAME_PIXELS,
    VIDEO_PIXELS,
    PIXELS_PER_BYTE,
    IMAGE_BYTES,
    UNPACKED_BYTES,
    TABLE_BYTES,
    ARCHIVE_LIST_BYTES,
    ARRAY_BYTES,
    MAPPED_BYTES,
    CHUNK_BYTES,
    FETCHED_BYTES,
    OPEN_SECONDS,
    UNMEASURED_CODECS,
]
"""All of them, in the order of docs/security.md."""
