"""The text of a job: YAML as plain data, with the place of every key, so that problems can point at it."""

from __future__ import annotations

import copy
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from framecast.bounded.limit import YAML_BYTES
from framecast.bounded.regular_file import read_bytes
from framecast.bounded.yaml_text import Key, dotted, parse_yaml
from framecast.counting import plural
from framecast.errors import InputError, Place, Problem
from framecast.plugin.path import current_folder
from framecast.secret_urls import completed, set_aside

NAMED_SECTIONS = {("training", "optimizer"), ("training", "schedule")}
"""Sections that may be a bare name and whose other settings do not depend on it."""
_COMMAND_LINE = Place("command line")


@dataclass
class Document:
    """A job as plain data (dicts, lists, texts, numbers), where each key stands, and the folder that relative
    paths in it start from: the one in which the command was given."""

    file: str
    data: dict[str, Any]
    places: dict[Key, Place] = field(default_factory=dict)
    text: str = ""
    folder: str = field(default_factory=current_folder)

    @classmethod
    def read(cls, path: Path) -> Document:
        """Reads a job file, and first the files it extends. Raises InputError that names the place."""
        return _with_extended(_read(path), path, ())

    @classmethod
    def from_data(cls, data: Mapping[str, Any], file: str = "job", folder: str | None = None) -> Document:
        """A job that was made in Python."""
        own = copy.deepcopy(dict(data))  # overrides must not reach the caller's own mapping
        return cls(file, own, folder=folder or current_folder())

    def override(self, assignments: list[str]) -> None:
        """Sets `key.path=value` from the command line, the value written as in YAML; list entries by index.

        Raises InputError naming every assignment that cannot be made.
        """
        problems = []
        for assignment in assignments:
            try:
                self._assign(assignment)
            except ValueError as error:
                problems.append(Problem(str(error), place=_COMMAND_LINE, key=assignment))
        if problems:
            raise InputError(problems)

    def with_values(self, values: Mapping[str, Any]) -> Document:
        """The same job with values at dotted keys. Raises InputError where a key leads nowhere."""
        changed = Document(self.file, copy.deepcopy(self.data), dict(self.places), self.text, self.folder)
        for key, value in values.items():
            try:
                changed._set(key, value)
            except ValueError as error:
                raise InputError(Problem(str(error), key=key)) from None
        return changed

    def with_credentials(self) -> Document:
        """The same job, its URLs with the credentials that the environment knows of them."""
        return Document(self.file, completed(self.data), self.places, self.text, self.folder)

    def to_yaml(self) -> str:
        """The data as YAML, without the credentials in URLs; what is null is left out."""
        stream = io.StringIO()
        yaml = YAML(typ="safe", pure=True)
        yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
        yaml.dump({key: set_aside(value) for key, value in self.data.items() if value is not None}, stream)
        return stream.getvalue()

    def get(self, key: str) -> Any:
        """What is written at a dotted key; None where nothing is. A bare plugin name is that of its section."""
        value: Any = self.data
        for part in key.split("."):
            if isinstance(value, str) and part == "name":
                return value
            if not isinstance(value, Mapping) or part not in value:
                return None
            value = value[part]
        return value

    def place(self, key: Key) -> Place:
        """The place of `key`, or of the nearest thing around it that was written."""
        for length in range(len(key), 0, -1):
            if key[:length] in self.places:
                return self.places[key[:length]]
        return Place(self.file)

    def problem(self, key: Key, message: str) -> Problem:
        """What is wrong at `key`, with its place."""
        return Problem(message, key=dotted(key), place=self.place(key))

    def is_from_command_line(self, key: Key) -> bool:
        """Whether an override has set `key`, rather than a file."""
        return self.place(key) == _COMMAND_LINE

    def _split(self, path: str) -> Key:
        """The parts of a dotted path. Keys that hold dots themselves (search.parameters) are found as they are."""
        words, parts, target = path.split("."), [], self.data
        while words:
            known = target if isinstance(target, dict) else {}
            taken = next((n for n in range(len(words), 1, -1) if ".".join(words[:n]) in known), 1)
            part = ".".join(words[:taken])
            words = words[taken:]
            parts.append(int(part) if part.isdigit() else part)
            target = known.get(part, {})
        return tuple(parts)

    def _assign(self, assignment: str) -> None:
        path, equals, text = assignment.partition("=")
        if not equals or not all(path.strip().split(".")):
            raise ValueError("write key.path=value, such as training.epochs=20")
        try:
            value, _ = parse_yaml(text, "command line")
        except InputError as error:
            raise ValueError(error.problems[0].message) from None
        self._set(path.strip(), value)

    def _set(self, path: str, value: Any) -> None:
        parts = self._split(path)
        target: Any = self.data
        for depth, part in enumerate(parts[:-1]):
            if isinstance(target, dict) and str(part) not in target:  # a section that only the command line names
                self.places[parts[: depth + 1]] = _COMMAND_LINE
            target = _step(target, part, parts[depth + 1], parts[: depth + 1])
        _set(target, parts[-1], value, parts)
        for old in [key for key in self.places if key[: len(parts)] == parts]:
            del self.places[old]
        self.places[parts] = _COMMAND_LINE


def _read(path: Path) -> Document:
    file = str(path)
    try:
        if path.is_dir():
            raise InputError(Problem("is a folder, not a job file", place=Place(file)))
        raw = read_bytes(path, YAML_BYTES)
    except FileNotFoundError:
        near = sorted(str(other) for other in path.parent.glob("*.yaml")) if path.parent.is_dir() else []
        hint = f"; beside it are {', '.join(near[:8])}" if near else ""
        raise InputError(Problem(f"no such file{hint}", place=Place(file))) from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8-sig", errors="ignore")
        place = Place(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
        raise InputError(Problem("is not UTF-8 text: save the file as UTF-8", place=place)) from None
    data, places = parse_yaml(text, file)
    if data is None:
        needed = "a job needs name, task, model and data"
        raise InputError(Problem(f"the file is empty: {needed}", place=Place(file, 1, 1)))
    if not isinstance(data, dict):
        message = f"a job is a mapping of keys to values, this is {_described(data)}"
        raise InputError(Problem(message, place=Place(file, 1, 1)))
    return Document(file, data, places, text)


def _with_extended(document: Document, path: Path, seen: tuple[Path, ...]) -> Document:
    extended = document.data.get("extends")
    if not isinstance(extended, str):
        return document  # absent, or of a wrong type: the job model says so
    other = path.parent / extended
    chain = (*seen, path.resolve())
    if other.resolve() in chain:
        message = f"{extended} extends this file in turn: the chain never ends"
        raise InputError(document.problem(("extends",), message))
    try:
        base = _with_extended(_read(other), other, chain)
    except InputError as error:
        raise InputError([*error.problems, document.problem(("extends",), "cannot be extended")]) from None
    merged = Document(document.file, dict(base.data), dict(base.places), document.text)
    _merge(merged, document, ())
    return merged


def _merge(into: Document, document: Document, key: Key) -> None:
    """Lays `document` over `into`: mappings key by key, everything else as a whole."""
    above = _at(document.data, key)
    below = _at(into.data, key)
    for name, value in above.items():
        inner = (*key, name)
        old = below.get(name)
        mergeable = isinstance(value, dict) and isinstance(old, dict)
        if mergeable and value.get("name", old.get("name")) == old.get("name"):
            below[name] = dict(old)
            _merge(into, document, inner)
        else:  # another plugin's section takes nothing from this one
            below[name] = _named_anew(old, value, inner) if isinstance(value, str) else value
            for place in [place for place in into.places if place[: len(inner)] == inner]:
                del into.places[place]
            for place in [place for place in document.places if place[: len(inner)] == inner]:
                into.places[place] = document.places[place]
        into.places[inner] = document.place(inner)


def _at(data: Any, key: Key) -> Any:
    for part in key:
        data = data[part]
    return data


def _step(target: Any, part: str | int, following: str | int, path: Key) -> Any:
    """The container at `part` of `target`, made if missing; a bare plugin name becomes its section."""
    inner: Any = None
    if isinstance(target, dict):
        inner = target.get(str(part))
    elif isinstance(target, list) and isinstance(part, int) and part < len(target):
        inner = target[part]
    elif isinstance(target, list):
        raise ValueError(f"{dotted(path)}: the list has {plural(len(target), 'entry', 'entries')}, counted from 0")
    if isinstance(inner, str) and isinstance(following, str):
        inner = {"name": inner}
    if inner is None:
        inner = {}
    if not isinstance(inner, dict | list):
        raise ValueError(f"{dotted(path)} is {_described(inner)}, it holds no keys")
    _set(target, part, inner, path)
    return inner


def _set(target: Any, part: str | int, value: Any, path: Key) -> None:
    if isinstance(target, dict) and isinstance(value, str):
        value = _named_anew(target.get(str(part)), value, path)
    if isinstance(target, dict):
        target[str(part)] = value
    elif isinstance(part, int) and part < len(target):
        target[part] = value
    else:
        raise ValueError(f"{dotted(path)}: the list has {plural(len(target), 'entry', 'entries')}, counted from 0")


def _named_anew(old: Any, name: str, key: Key) -> Any:
    """A section's bare name over what was written of it: settings that all names share are kept."""
    return {**old, "name": name} if key in NAMED_SECTIONS and isinstance(old, dict) else name


def _described(value: Any) -> str:
    names = {
        dict: "a mapping",
        list: "a list",
        str: "a text",
        bool: "true or false",
        int: "a number",
        float: "a number",
    }
    return names.get(type(value), "nothing")
