"""The clips' files, matched with their entries."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import framecast
from framecast_something_something.annotations import Annotations
from framecast_something_something.label_files import SITE
from framecast_something_something.refusal import Refusal


class Found(NamedTuple):
    """The clips to decode, with their facts; and what was refused on the way."""

    sources: list[framecast.data.Source]
    refused: list[Refusal]


def find_clips(root: Path, annotations: Annotations, classes: Sequence[str]) -> Found:
    """Looks through `root` and its folders. Raises InputError where no entry has its file."""
    paths, refused = _files(root)
    for id in sorted(paths.keys() - annotations.known):
        refused.append(Refusal("videos without entry", paths[id].name, "no label file names it"))
    labels = {template: label for label, template in enumerate(classes)}
    sources: list[framecast.data.Source] = []
    for id, entry in sorted(annotations.entries.items()):
        if id not in paths:
            refused.append(
                Refusal("entries without video", id, f"{entry.split} lists it, but there is no {id}.webm")
            )
        elif why := _unusable(paths[id]):
            refused.append(Refusal("videos damaged", paths[id].name, why))
        else:
            facts = {"split": entry.split, "template": entry.template, "label": labels[entry.template]}
            sources.append(framecast.data.Source(id, paths[id], facts=facts))
    if not sources:
        raise framecast.InputError(
            f"data.root: {root} holds {len(paths)} .webm files, none of them whole and among the "
            f"{framecast.plural(len(annotations.entries), 'labelled clip')}: unpack the clips of {SITE} there"
        )
    return Found(sources, refused)


def _files(root: Path) -> tuple[dict[str, Path], list[Refusal]]:
    """The .webm files by clip id; a second file of an id is refused."""
    paths: dict[str, Path] = {}
    refused: list[Refusal] = []
    found, bad = framecast.data.list_folder(root)
    refused += [Refusal("videos damaged", name, why) for name, why in bad]
    for path in sorted(found, key=lambda path: (path.parent, path.name)):
        if path.suffix.lower() != ".webm":
            continue
        if path.stem in paths:
            why = f"{paths[path.stem].relative_to(root)} has that id already"
            refused.append(Refusal("videos found twice", str(path.relative_to(root)), why))
        else:
            paths[path.stem] = path
    return paths, refused


def _unusable(path: Path) -> str:
    """Why a file need not be decoded, or nothing."""
    if why := framecast.data.why_unreadable(path):
        return why
    with framecast.bounded.open_regular(path) as stream:
        missing = framecast.data.missing_bytes(stream)
    count = framecast.plural(missing, "byte is", "bytes are")
    return f"it is cut short: {count} missing at its end" if missing else ""
