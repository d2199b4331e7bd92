"""A folder of data in which some entries are damaged, or are no files: each is named and left out, the rest is
prepared."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.untrusted.attempt import Attempt
from tests.untrusted.damage import NO_FILES
from tests.untrusted.preparations import Preparation
from tests.untrusted.readers import reader_named

Try = Callable[..., Attempt]


def add_odd_entries(root: Path, sound: Path, suffix: str) -> set[str]:
    """Entries of every kind that look like videos by their name; returns the readable names of all that are to be
    refused."""
    for how, make in NO_FILES.items():
        make(root / f"{how}{suffix}")
    (root / f"empty{suffix}").touch()
    (root / f"text{suffix}").write_text("this is no video")
    (root / f"cut{suffix}").write_bytes(sound.read_bytes()[: sound.stat().st_size // 2])
    shutil.copyfile(sound, root / f"unreadable{suffix}")
    (root / f"unreadable{suffix}").chmod(0)
    shutil.copyfile(sound, os.fsencode(root) + b"/not-utf-8-\xff" + suffix.encode())
    locked = root / "locked"
    locked.mkdir()
    locked.chmod(0)
    names = {f"{how}{suffix}" for how in NO_FILES}
    names |= {f"empty{suffix}", f"text{suffix}", f"cut{suffix}", f"unreadable{suffix}"}
    return {*names, f"not-utf-8-\\udcff{suffix}", "locked"}


@pytest.mark.untrusted
def test_video_folder_leaves_out_each_odd_entry_by_itself(tmp_path: Path, attempt_to_read: Try) -> None:
    for number in range(3):
        reader_named("mp4").made(tmp_path).rename(tmp_path / f"{number}.mp4")
    odd = add_odd_entries(tmp_path, tmp_path / "0.mp4", ".mp4")
    found = attempt_to_read(Preparation("video_folder", as_other_user=True), tmp_path)
    assert found.outcome == "skipped", found.text
    assert not found.is_wrong
    told = dict(json.loads(found.text))
    assert set(told) == odd
    assert "Permission denied" in told["unreadable.mp4"]
    assert "is a pipe" in told["pipe.mp4"]


@pytest.mark.untrusted
def test_kth_leaves_out_each_odd_entry_by_itself(tmp_path: Path, attempt_to_read: Try) -> None:
    reader_named("KTH archive").made(tmp_path)
    film = next((tmp_path / "films").iterdir())
    odd = add_odd_entries(tmp_path, film, ".avi")
    for number, (how, make) in enumerate(NO_FILES.items(), start=2):
        make(tmp_path / f"person{number:02d}_boxing_d1_uncomp.avi")
        make(tmp_path / f"{how}.zip")
    found = attempt_to_read(Preparation("kth", as_other_user=True), tmp_path)
    assert found.outcome == "skipped", found.text
    told = dict(json.loads(found.text))
    assert odd <= set(told)
    assert {f"{how}.zip" for how in NO_FILES} - {"folder.zip"} <= set(told)
    assert not found.is_wrong


@pytest.mark.untrusted
def test_something_something_leaves_out_each_odd_entry_by_itself(tmp_path: Path, attempt_to_read: Try) -> None:
    reader_named("train.json").made(tmp_path)
    reader_named("webm").made(tmp_path).rename(tmp_path / "1.webm")
    shutil.copyfile(tmp_path / "1.webm", tmp_path / "3.webm")
    add_odd_entries(tmp_path, tmp_path / "1.webm", ".webm")
    odd = [
        {"id": how, "template": "Opening [something]"} for how in [*NO_FILES, "empty", "text", "cut", "unreadable"]
    ]
    entries = json.loads((tmp_path / "train.json").read_text())
    (tmp_path / "train.json").write_text(json.dumps(entries + odd))
    found = attempt_to_read(Preparation("something_something", as_other_user=True), tmp_path)
    assert found.outcome == "skipped", found.text
    told = [name.removesuffix(".webm") for name, _ in json.loads(found.text)]
    assert {each["id"] for each in odd} - {"folder"} <= set(told)
    assert not found.is_wrong


@pytest.mark.parametrize("make", NO_FILES.values(), ids=NO_FILES)
def test_a_folder_that_holds_only_odd_entries_is_one_sentence(
    make: Callable[[Path], None], tmp_path: Path, attempt_to_read: Try
) -> None:
    make(tmp_path / "a.mp4")
    found = attempt_to_read(Preparation("video_folder"), tmp_path)
    assert found.outcome == "sentence", found.text
    assert "a.mp4" in found.text
    assert not found.is_wrong
