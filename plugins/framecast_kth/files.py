"""The official files: found in zip archives or unpacked, and distinguished from others."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import framecast
from framecast_kth.sequences import parse_sequences
from framecast_kth.settings import ACTIONS

SITE = "https://www.csc.kth.se/cvap/actions/"
NEVER_THERE = "person13_handclapping_d3"
EXPECTED = [
    f"person{person:02d}_{action}_d{setting}"
    for person in range(1, 26)
    for action in ACTIONS
    for setting in range(1, 5)
    if f"person{person:02d}_{action}_d{setting}" != NEVER_THERE
]
_NAME = re.compile(rf"^(person(\d\d)_({'|'.join(ACTIONS)})_d([1-4]))(_uncomp)?\.avi$", re.IGNORECASE)


class Found(NamedTuple):
    """The videos below a folder; what cannot be taken, with reasons; and whether the ranges were there."""

    sources: list[framecast.data.Source]
    refused: list[tuple[str, str]]
    labelled: bool


def find_files(root: Path) -> Found:
    """Looks through `root` and its folders. Raises InputError where there is no such folder or no KTH video."""
    if not root.is_dir():
        raise framecast.InputError(f"data.root: {root}: no such folder")
    paths, refused = framecast.data.list_folder(root)
    places: dict[str, tuple[Path, str]] = {}  # unpacked files come last, and win
    text = ""
    for archive in (path for path in paths if path.suffix == ".zip"):
        if why := framecast.data.why_unreadable(archive):
            refused.append((archive.name, why))
            continue
        try:
            members, bad = framecast.data.entries(archive)
        except framecast.InputError as error:
            refused.append((archive.name, str(error).removeprefix(f"{archive} is ")))
            continue
        refused += bad
        for member in members:
            if name := _name(member):
                places[name] = (archive, member)
            elif Path(member).name == "00sequences.txt":
                try:
                    text = _text(archive, member)
                except framecast.data.DamagedVideo as error:
                    refused.append((f"{archive.name}: {member}", str(error)))
    for file in (path for path in paths if path.suffix.lower() == ".avi"):
        name = _name(file.name)
        if not name:
            refused.append((file.name, "not the name of a KTH file"))
        elif file.is_dir():
            refused.append((file.name, "a folder, not a video"))
        elif why := framecast.data.why_unreadable(file):
            refused.append((file.name, why))
        else:
            places[name] = (file, "")
    for file in [path for path in paths if path.name == "00sequences.txt"][:1]:
        if why := framecast.data.why_unreadable(file):
            raise framecast.InputError(f"data.root: {file}: {why}")
        text = _decoded(framecast.bounded.read_bytes(file))
    if not places:
        because = "".join(f"; {name}: {why}" for name, why in refused[:3])
        raise framecast.InputError(
            f"data.root: {root} holds no KTH videos{because}: put the six zip archives and 00sequences.txt "
            f"of {SITE} there"
        )
    ranges = parse_sequences(text)
    missing = [(name, "not there") for name in EXPECTED if name not in places]
    if NEVER_THERE not in places:
        missing.append((NEVER_THERE, "missing in the official set too"))
    sources = [
        framecast.data.Source(name, path, member, {**_facts(name), "ranges": ranges.get(name)})
        for name, (path, member) in places.items()
    ]
    return Found(sources, [*refused, *missing], bool(ranges))


def _text(archive: Path, member: str) -> str:
    stream = framecast.data.Source(member, archive, member).open()
    return "" if isinstance(stream, Path) else _decoded(stream.read())


def _decoded(content: bytes) -> str:
    try:
        return framecast.data.decode_text(content)
    except UnicodeDecodeError:  # handled: only its prose has letters that are not ASCII; they are replaced
        return content.decode(errors="replace")


def _name(path: str) -> str:
    """`person01_boxing_d1` from a path that ends as a KTH file's does, else nothing."""
    match = _NAME.match(path.replace("\\", "/").rsplit("/", 1)[-1])
    return match[1].lower() if match else ""


def _facts(name: str) -> dict[str, int | str]:
    person, action, setting = name.split("_")
    return {"person": int(person.removeprefix("person")), "action": action, "setting": int(setting[1])}
