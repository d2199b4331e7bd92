"""Damaged and hostile files end in one sentence that names the file, or are left out with a note."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.untrusted.attempt import Attempt
from tests.untrusted.damage import CONTENTS, NO_FILES, other_values, spoilt
from tests.untrusted.readers import READERS, Reader

Try = Callable[..., Attempt]
of_every_reader = pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
quick = [
    each for each in READERS if each.name in ("job", "driver.json", ".npz", "store index", "labels.json", "gif")
]


def place(file: Path, content: bytes) -> None:
    """The content in place of the file, whatever is there."""
    if file.is_dir() and not file.is_symlink():
        file.rmdir()
    file.unlink(missing_ok=True)
    file.write_bytes(content)


def assert_reported(found: list[tuple[str, Attempt]]) -> None:
    wrong = [f"{how}: {each.outcome}, {each.megabytes} MB\n{each.text}" for how, each in found if each.is_wrong]
    assert not wrong, f"{len(wrong)} of {len(found)}\n" + "\n\n".join(wrong[:4])


def try_no_files(reader: Reader, folder: Path, attempt_to_read: Try) -> None:
    file = reader.made(folder)
    found = []
    for how, make in NO_FILES.items():
        file.unlink() if file.is_symlink() or not file.is_dir() else file.rmdir()
        make(file)
        found.append((how, attempt_to_read(reader, file)))
    assert_reported(found)
    assert all(each.outcome != "works" or reader.name in MAY_BE_MISSING for _, each in found)


MAY_BE_MISSING = {
    "driver.json",
    "environment.json",
    "evaluation-*.json",
    "last_known.json",
    "copies.json",
    "Zarr 3 chunk",
    "Zarr 2 attributes",
    "events.jsonl",
    "remote.json",
    "plan.yaml",
}
"""Without which the rest is read all the same."""


def try_contents(reader: Reader, folder: Path, attempt_to_read: Try) -> None:
    file = reader.made(folder)
    found = []
    for how, content in CONTENTS.items():
        place(file, content)
        found.append((how, attempt_to_read(reader, file)))
    assert_reported(found)


@pytest.mark.untrusted
@of_every_reader
def test_a_sound_file_is_read(reader: Reader, tmp_path: Path, attempt_to_read: Try) -> None:
    found = attempt_to_read(reader, reader.made(tmp_path))
    assert found.outcome == "works" or reader.name in ("exported model", "published checkpoint"), found.text
    assert not found.is_wrong


@pytest.mark.parametrize("reader", quick, ids=lambda reader: reader.name)
def test_what_is_no_file_is_told_at_once(reader: Reader, tmp_path: Path, attempt_to_read: Try) -> None:
    try_no_files(reader, tmp_path, attempt_to_read)


@pytest.mark.untrusted
@of_every_reader
def test_what_is_no_file_is_told_at_once_by_every_reader(
    reader: Reader, tmp_path: Path, attempt_to_read: Try
) -> None:
    try_no_files(reader, tmp_path, attempt_to_read)


@pytest.mark.untrusted
@of_every_reader
def test_what_belongs_into_other_files_is_reported(reader: Reader, tmp_path: Path, attempt_to_read: Try) -> None:
    try_contents(reader, tmp_path, attempt_to_read)


@pytest.mark.untrusted
@of_every_reader
def test_damage_anywhere_is_reported(reader: Reader, tmp_path: Path, attempt_to_read: Try) -> None:
    file = reader.made(tmp_path)
    sound = file.read_bytes()

    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.integers(0, 2**32))
    @example(19650)  # a TIFF image without a width
    def damaged(seed: int) -> None:
        place(file, spoilt(sound, seed))
        assert_reported([(f"seed {seed}", attempt_to_read(reader, file))])

    damaged()


@pytest.mark.untrusted
@pytest.mark.parametrize("reader", [each for each in READERS if each.is_json], ids=lambda reader: reader.name)
def test_values_of_other_types_are_reported(reader: Reader, tmp_path: Path, attempt_to_read: Try) -> None:
    file = reader.made(tmp_path)
    content = json.loads(file.read_text())
    found = []
    for number, other in enumerate(other_values(content)):
        if number % STRIDE == 0:
            text = json.dumps(other)
            place(file, text.encode())
            found.append((text[:300], attempt_to_read(reader, file)))
    assert_reported(found)


EXAMPLES = int(os.environ.get("UNTRUSTED_EXAMPLES", "40"))
"""Damaged files tried with each reader."""
STRIDE = int(os.environ.get("UNTRUSTED_STRIDE", "2"))
"""Of how many values of other types one is tried."""
