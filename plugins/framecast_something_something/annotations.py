"""The annotation files: which clip belongs to which official split, and what it shows."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Literal, NamedTuple

from framecast_something_something.classes import plain, read_labels
from framecast_something_something.label_files import find_label_file, label_file, read_list
from framecast_something_something.refusal import Refusal

Official = Literal["train", "validation"]
OFFICIAL: tuple[Official, ...] = ("validation", "train")  # the former keeps a clip that both of them list


class Entry(NamedTuple):
    """A clip by its id, the official split that lists it, and its template without brackets."""

    id: str
    split: Official
    template: str


class Annotations(NamedTuple):
    """Sound entries of the wanted classes by clip id; what was refused; and the ids of all clips that the files
    know (other classes and the unlabelled test set too), so that their videos are nobody's surprise."""

    entries: dict[str, Entry]
    refused: list[Refusal]
    known: set[str]


def read_annotations(root: Path, classes: Collection[str]) -> Annotations:
    """Reads and checks both files, entry by entry. Raises InputError where a file is missing or not what it should
    be as a whole."""
    templates = set(read_labels(label_file(root, "labels.json")))
    entries: dict[str, Entry] = {}
    refused: list[Refusal] = []
    for split in OFFICIAL:
        file = label_file(root, f"{split}.json")
        for number, value in enumerate(read_list(file), start=1):
            entry = _entry(value, split, f"{file.name}, entry {number}", templates)
            if isinstance(entry, Refusal):
                refused.append(entry)
            elif entry.id in entries:
                first = entries[entry.id]
                refused.append(
                    Refusal(
                        "ids listed twice",
                        f"{file.name}, entry {number}",
                        f'{entry.id} is listed in {first.split} already, as "{first.template}", which is kept',
                    )
                )
            else:
                entries[entry.id] = entry
    known = {*entries, *_ids(refused), *_unlabelled(root)}
    wanted = set(classes)
    return Annotations({id: entry for id, entry in entries.items() if entry.template in wanted}, refused, known)


def _entry(value: object, split: Official, where: str, templates: Collection[str]) -> Entry | Refusal:
    if not isinstance(value, dict) or not isinstance(value.get("id"), str) or not value["id"]:
        return Refusal("entries of a wrong type", where, 'an entry is {"id": "78687", "template": ...}')
    template = value.get("template")
    where = f"{where} (id {value['id']})"
    if template is None or template == "":
        return Refusal("entries without template", where, "it has no template, so no label", value["id"])
    if not isinstance(template, str):
        return Refusal("entries of a wrong type", where, "its template is not a text", value["id"])
    if plain(template) not in templates:
        return Refusal("unknown templates", where, f'labels.json has no class "{plain(template)}"', value["id"])
    return Entry(value["id"], split, plain(template))


def _ids(refused: list[Refusal]) -> set[str]:
    return {refusal.id for refusal in refused if refusal.id}


def _unlabelled(root: Path) -> set[str]:
    """The ids of the official test set, where its file is there; it has no labels to check."""
    file = find_label_file(root, "test.json")
    entries = read_list(file) if file else []
    return {entry["id"] for entry in entries if isinstance(entry, dict) and isinstance(entry.get("id"), str)}
