"""YAML text as plain data, with the place of every key, so that problems can point at it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import Node, ScalarNode, SequenceNode

from framecast.bounded.limit import DEPTH, DIGITS, YAML_BYTES, YAML_VALUES, bytes_text
from framecast.bounded.regular_file import read_text
from framecast.errors import InputError, Place, Problem

Key = tuple[str | int, ...]
"""The way to a value: ("model", "width"), or ("metrics", 3, "power")."""

_TAG = "tag:yaml.org,2002:"


def dotted(key: Key) -> str:
    """A key as a user writes it: model.width."""
    return ".".join(map(str, key))


def read_yaml(file: Path) -> Any:
    """The plain data in a YAML file. Raises FileNotFoundError where there is none, InputError for all else."""
    return parse_yaml(read_text(file, YAML_BYTES), str(file))[0]


def parse_yaml(text: str, file: str) -> tuple[Any, dict[Key, Place]]:
    """The plain data in `text` (dicts, lists, texts, numbers), and where each key stands.

    Raises InputError at the offending place of `file`.
    """
    if len(text) > YAML_BYTES.value:
        raise YAML_BYTES.exceeded(f"{file} is {bytes_text(len(text))} long")
    yaml = YAML(typ="safe", pure=True)
    try:
        node = yaml.compose(text)
        reader = _Reader(yaml.constructor, file)
        return (None if node is None else reader.value(node, ())), reader.places
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
    except (ValueError, OverflowError) as error:  # an escape of a character that does not exist
        raise InputError(Problem(f"not valid YAML: {error}", place=Place(file))) from None


class _Reader:
    """Turns nodes into plain data. Dates stay texts; tags, bombs of aliases and odd keys are refused."""

    def __init__(self, constructor: Any, file: str) -> None:
        self.places: dict[Key, Place] = {}
        self._constructor = constructor
        self._file = file
        self._values = 0
        self._most_values, self._deepest = YAML_VALUES.value, DEPTH.value

    def value(self, node: Node, key: Key) -> Any:
        self._values += 1
        if self._values > self._most_values:
            message = f"there are more than {self._most_values:,} values, those of an alias counted each time"
            raise self._refused(node, key, f"{message}: {YAML_VALUES.variable} raises the limit")
        if len(key) > self._deepest:
            message = f"lists and mappings are nested more than {self._deepest} deep"
            raise self._refused(node, key, f"{message}: {DEPTH.variable} raises the limit")
        if isinstance(node, ScalarNode):
            return self._scalar(node, key)
        if node.tag not in (f"{_TAG}seq", f"{_TAG}map"):
            raise self._refused(node, key, f"the tag {node.tag!s} is not allowed in a job")
        if isinstance(node, SequenceNode):
            return [self._placed(child, child, (*key, index)) for index, child in enumerate(node.value)]
        result: dict[str, Any] = {}
        for name_node, child in node.value:
            name = name_node.value if isinstance(name_node, ScalarNode) else None
            if name is None or name_node.tag != f"{_TAG}str":
                shown = repr(name) if name is not None else "this one"
                raise self._refused(name_node, key, f"keys are words, {shown} is not")
            if name in result:
                raise self._refused(name_node, (*key, name), "is written twice")
            result[name] = self._placed(child, name_node, (*key, name))
        return result

    def _placed(self, node: Node, marked: Node, key: Key) -> Any:
        self.places[key] = Place(self._file, marked.start_mark.line + 1, marked.start_mark.column + 1)
        return self.value(node, key)

    def _scalar(self, node: ScalarNode, key: Key) -> Any:
        kind = node.tag.removeprefix(_TAG) if isinstance(node.tag, str) else str(node.tag)
        if kind in ("str", "timestamp"):
            return node.value
        if kind in ("null", "bool", "int", "float"):
            if kind == "int" and len(node.value) > DIGITS.value:
                raise self._refused(node, key, f"a number of {len(node.value):,} digits is not usable")
            try:
                return self._constructor.construct_object(node)
            except (ValueError, OverflowError, LookupError):  # a bool of another word is a KeyError
                raise self._refused(node, key, f"{node.value[:40]!r} is not a usable {kind}") from None
        raise self._refused(node, key, f"the tag {node.tag!s} is not allowed in a job")

    def _refused(self, node: Node, key: Key, message: str) -> InputError:
        place = Place(self._file, node.start_mark.line + 1, node.start_mark.column + 1)
        return InputError(Problem(message, key=dotted(key), place=place))
