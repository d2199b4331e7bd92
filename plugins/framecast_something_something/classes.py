"""The classes and their order: those of `labels.json`, or the ones that the user lists."""

from __future__ import annotations

from pathlib import Path

import framecast
from framecast_something_something.label_files import label_file, read_mapping
from framecast_something_something.settings import SomethingSomethingSettings


def read_classes(settings: SomethingSomethingSettings) -> list[str]:
    """Templates without brackets; a class's label is its place here. Raises InputError where a file is wrong."""
    official = read_labels(label_file(settings.folder, "labels.json"))
    if settings.classes is None:
        return official
    return _read_list(Path(settings.classes), official)


def plain(template: str) -> str:
    """ "Holding something" of "Holding [something]": annotations have brackets, `labels.json` has none."""
    return template.replace("[", "").replace("]", "").strip()


def read_labels(file: Path) -> list[str]:
    """The official classes in the order of their numbers, which must be 0 to n - 1, each once."""
    numbers: dict[int, str] = {}
    content = read_mapping(file)
    for template, value in content.items():
        number = _number(value)
        if not 0 <= number < len(content):
            raise framecast.InputError(
                f'{file}: the class "{template}" has the number {value!r}, where one of 0 to {len(content) - 1} '
                "is expected: take the official file, and data.classes for some of its classes"
            )
        if number in numbers:
            raise framecast.InputError(
                f'{file}: the classes "{numbers[number]}" and "{template}" share the number {number}: '
                "take the official file"
            )
        numbers[number] = plain(template)
    return [numbers[number] for number in sorted(numbers)]


def _number(value: object) -> int:
    """A class number, which the official file writes as a string; -1 where it is none."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else -1


def _read_list(file: Path, official: list[str]) -> list[str]:
    places: dict[str, int] = {}
    for number, line in framecast.data.read_text_list(file, "data.classes"):
        template = plain(line)
        where = f"data.classes: {file}:{number}"
        if template not in official:
            hint = framecast.did_you_mean(template, official)
            raise framecast.InputError(f'{where}: labels.json has no class "{template}"{hint}')
        if template in places:
            raise framecast.InputError(f'{where}: "{template}" is in line {places[template]} already: keep one')
        places[template] = number
    if not places:
        raise framecast.InputError(
            f"data.classes: {file} names no class: one template a line, or leave classes out"
        )
    return list(places)
