"""The text of a job: YAML as plain data, with the place of every key, so that problems can point at it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from framecast.errors import InputError, Place, Problem

Key = tuple[str | int, ...]
"""The way to a value: ("model", "rank"), or ("metrics", 3, "net")."""

_TAG = "tag:yaml.org,2002:"
_MOST_BYTES = 1_000_000
_MOST_VALUES = 100_000


@dataclass
class Document:
    """A job as plain data (dicts, lists, texts, numbers), and where each key stands."""

    file: str
    data: dict[str, Any]
    places: dict[Key, Place] = field(default_factory=dict)
    text: str = ""

    @classmethod
    def read(cls, path: Path) -> Document:
        """Reads a job file, and first the files it extends. Raises InputError that names the place."""
        return _with_extended(_read(path), path, ())

    @classmethod
    def from_data(cls, data: Mapping[str, Any], file: str = "job") -> Document:
        """A job that was made in Python."""
        return cls(file, copy.deepcopy(dict(data)))  # overrides must not reach the caller's own mapping

    def override(self, assignments: list[str]) -> None:
        """Sets `key.path=value` from the command line, the value written as in YAML; list entries by index.

        Raises InputError naming every assignment that cannot be made.
        """
        problems = []
        for assignment in assignments:
            try:
                self._assign(assignment)
            except ValueError as error:
                problems.append(Problem(str(error), place=Place("command line"), key=assignment))
        if problems:
            raise InputError(problems)

    def place(self, key: Key) -> Place:
        """The place of `key`, or of the nearest thing around it that was written."""
        for length in range(len(key), 0, -1):
            if key[:length] in self.places:
                return self.places[key[:length]]
        return Place(self.file)

    def _assign(self, assignment: str) -> None:
        path, equals, text = assignment.partition("=")
        parts: Key = tuple(int(part) if part.isdigit() else part for part in path.strip().split("."))
        if not equals or not all(part != "" for part in parts):
            raise ValueError("write key.path=value, such as training.epochs=20")
        try:
            _, value = _parse(text, "command line")
        except InputError as error:
            raise ValueError(error.problems[0].message) from None
        target: Any = self.data
        for depth, part in enumerate(parts[:-1]):
            if isinstance(target, dict) and str(part) not in target:  # a section that only the command line names
                self.places[parts[: depth + 1]] = Place("command line")
            target = _step(target, part, parts[depth + 1], parts[: depth + 1])
        _set(target, parts[-1], value, parts)
        for old in [key for key in self.places if key[: len(parts)] == parts]:
            del self.places[old]
        self.places[parts] = Place("command line")


def dotted(key: Key) -> str:
    return ".".join(map(str, key))


def _read(path: Path) -> Document:
    file = str(path)
    try:
        if path.is_dir():
            raise InputError(Problem("is a folder, not a job file", place=Place(file)))
        raw = path.read_bytes()
    except FileNotFoundError:
        near = sorted(str(other) for other in path.parent.glob("*.yaml")) if path.parent.is_dir() else []
        hint = f"; beside it are {', '.join(near[:8])}" if near else ""
        raise InputError(Problem(f"no such file{hint}", place=Place(file))) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(Problem(f"cannot be read: {reason}", place=Place(file))) from None
    if len(raw) > _MOST_BYTES:
        raise InputError(Problem(f"is {len(raw):,} bytes long; a job file is a page of YAML", place=Place(file)))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8-sig", errors="ignore")
        place = Place(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
        raise InputError(Problem("is not UTF-8 text: save the file as UTF-8", place=place)) from None
    node, data = _parse(text, file)
    if data is None:
        needed = "a job needs name, task, model and data"
        raise InputError(Problem(f"the file is empty: {needed}", place=Place(file, 1, 1)))
    if not isinstance(data, dict) or node is None:
        message = f"a job is a mapping of keys to values, this is {_described(data)}"
        raise InputError(Problem(message, place=Place(file, 1, 1)))
    document = Document(file, data, text=text)
    _note_places(node, (), file, document.places)
    return document


def _with_extended(document: Document, path: Path, seen: tuple[Path, ...]) -> Document:
    extended = document.data.get("extends")
    if not isinstance(extended, str):
        return document  # absent, or of a wrong type: the job model says so
    other = path.parent / extended
    chain = (*seen, path.resolve())
    if other.resolve() in chain:
        message = f"{extended} extends this file in turn: the chain never ends"
        raise InputError(Problem(message, key="extends", place=document.place(("extends",))))
    try:
        base = _with_extended(_read(other), other, chain)
    except InputError as error:
        place = document.place(("extends",))
        raise InputError([*error.problems, Problem("cannot be extended", key="extends", place=place)]) from None
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
            below[name] = value
            for place in [place for place in into.places if place[: len(inner)] == inner]:
                del into.places[place]
            for place in [place for place in document.places if place[: len(inner)] == inner]:
                into.places[place] = document.places[place]
        into.places[inner] = document.place(inner)


def _parse(text: str, file: str) -> tuple[Node | None, Any]:
    """The node graph, for places, and the plain data. Raises InputError at the offending place."""
    yaml = YAML(typ="safe", pure=True)
    try:
        node = yaml.compose(text)
        return node, (None if node is None else _Plain(yaml.constructor, file).value(node, 0))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
        what = " ".join(str(error.problem or error.context or "cannot be read").split())
        raise InputError(Problem(f"not valid YAML: {what}", place=place)) from None
    except YAMLError as error:
        line = getattr(error, "position", None)
        place = Place(file, text[:line].count("\n") + 1, 1) if isinstance(line, int) else Place(file)
        raise InputError(Problem(f"not valid YAML: {' '.join(str(error).split())}", place=place)) from None
    except RecursionError:
        raise InputError(Problem("is nested too deeply", place=Place(file))) from None


class _Plain:
    """Turns YAML nodes into plain data. Dates stay texts; tags, key merging bombs and odd keys are refused."""

    def __init__(self, constructor: Any, file: str) -> None:
        self._constructor = constructor
        self._file = file
        self._values = 0

    def value(self, node: Node, depth: int) -> Any:
        self._values += 1
        if self._values > _MOST_VALUES or depth > 50:
            raise self._refused(node, "holds too many values or nests too deeply (aliases count each time)")
        if isinstance(node, ScalarNode):
            return self._scalar(node)
        if node.tag not in (f"{_TAG}seq", f"{_TAG}map"):
            raise self._refused(node, f"the tag {node.tag!s} is not allowed in a job")
        if isinstance(node, SequenceNode):
            return [self.value(child, depth + 1) for child in node.value]
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value if isinstance(key_node, ScalarNode) else None
            if key is None or key_node.tag != f"{_TAG}str":
                shown = repr(key) if key is not None else "this one"
                raise self._refused(key_node, f"keys are words, {shown} is not")
            if key in result:
                raise self._refused(key_node, f"{key} is written twice")
            result[key] = self.value(value_node, depth + 1)
        return result

    def _scalar(self, node: ScalarNode) -> Any:
        kind = node.tag.removeprefix(_TAG) if isinstance(node.tag, str) else str(node.tag)
        if kind in ("str", "timestamp"):
            return node.value
        if kind in ("null", "bool", "int", "float"):
            try:
                return self._constructor.construct_object(node)
            except (ValueError, OverflowError, LookupError):  # a bool of another word is a KeyError
                raise self._refused(node, f"{node.value[:40]!r} is not a usable {kind}") from None
        raise self._refused(node, f"the tag {node.tag!s} is not allowed in a job")

    def _refused(self, node: Node, message: str) -> InputError:
        mark = node.start_mark
        return InputError(Problem(message, place=Place(self._file, mark.line + 1, mark.column + 1)))


def _note_places(node: Node, key: Key, file: str, places: dict[Key, Place], depth: int = 0) -> None:
    if isinstance(node, MappingNode):
        for key_node, value_node in node.value:
            inner = (*key, key_node.value)
            mark = key_node.start_mark
            places.setdefault(inner, Place(file, mark.line + 1, mark.column + 1))
            _note_places(value_node, inner, file, places, depth + 1)
    elif isinstance(node, SequenceNode):
        for index, child in enumerate(node.value):
            mark = child.start_mark
            places.setdefault((*key, index), Place(file, mark.line + 1, mark.column + 1))
            _note_places(child, (*key, index), file, places, depth + 1)


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
        raise ValueError(f"{dotted(path)}: the list has {len(target)} entries, counted from 0")
    if isinstance(inner, str) and isinstance(following, str):
        inner = {"name": inner}
    if inner is None:
        inner = {}
    if not isinstance(inner, dict | list):
        raise ValueError(f"{dotted(path)} is {_described(inner)}, it holds no keys")
    _set(target, part, inner, path)
    return inner


def _set(target: Any, part: str | int, value: Any, path: Key) -> None:
    if isinstance(target, dict):
        target[str(part)] = value
    elif isinstance(part, int) and part < len(target):
        target[part] = value
    else:
        raise ValueError(f"{dotted(path)}: the list has {len(target)} entries, counted from 0")


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
