"""Checks plain data against a settings class, and says every problem in the words of the job file."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Protocol, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from framecast.bounded.yaml_text import Key, dotted
from framecast.errors import Problem, did_you_mean
from framecast.job.document import Document

Checked = TypeVar("Checked", bound=BaseModel)


class Hints(Protocol):
    """What an unknown key may mean, as the end of a sentence; `siblings` are the known keys of its section."""

    def hint(self, key: Key, siblings: Iterable[str] = (), value: Any = None) -> str: ...


class SiblingHints:
    """Looks for what was meant among the keys of the same section only."""

    def hint(self, key: Key, siblings: Iterable[str] = (), value: Any = None) -> str:
        return did_you_mean(str(key[-1]), siblings)


def validated(
    settings: type[Checked],
    data: dict[str, Any],
    document: Document,
    prefix: Key,
    problems: list[Problem],
    hints: Hints | None = None,
) -> Checked | None:
    """The settings that `data`, found at `prefix` of the document, describes; else None and more `problems`.

    The data go through JSON, so that YAML's lists and texts fit tuples and paths while `true` is no number.
    Relative paths start from the document's folder.
    """
    try:
        return settings.model_validate_json(json.dumps(data), context={"folder": document.folder})
    except ValidationError as error:
        by_key: dict[Key, list[str]] = {}
        for detail in error.errors(include_url=False):
            key = (*prefix, *_written(detail["loc"], data, detail["type"] == "missing"))
            message = _message(detail, settings, key, hints or SiblingHints())
            if message not in by_key.setdefault(key, []):
                by_key[key].append(message)
        problems += [document.problem(key, " or ".join(messages)) for key, messages in by_key.items()]
        return None


def _written(location: tuple[Any, ...], data: Any, missing: bool) -> Key:
    """The part of pydantic's location that a user would write: branches of unions are left out."""
    key: list[int | str] = []
    for part in location:
        in_mapping = isinstance(data, dict) and part in data
        in_list = isinstance(data, list) and isinstance(part, int) and part < len(data)
        if in_mapping or in_list:
            key.append(part)
            data = data[part]
    if missing:
        key.append(location[-1])
    return tuple(key)


def _message(detail: ErrorDetails, settings: type[BaseModel], key: Key, hints: Hints) -> str:
    kind, context, given = detail["type"], detail.get("ctx", {}), detail.get("input")
    if kind == "extra_forbidden":
        return "unknown key" + hints.hint(key, _known_keys(settings, detail["loc"][:-1]), given)
    if kind == "missing":
        return "is required"
    if kind == "value_error":
        return str(context.get("error", detail["msg"]))
    if kind == "model_type":
        keys = ", ".join(f"{dotted(key)}.{name}" for name in _known_keys(settings, detail["loc"])[:2])
        return f"is a section: set its keys, such as {keys}, got {_shown(given)}"
    if kind == "dict_type":
        return f"is a section of keys and values, got {_shown(given)}"
    message = detail["msg"].replace("Input should be", "should be").replace("Input", "the value")
    if kind == "json_invalid":
        return f"holds something that no setting can be ({message})"
    return f"{message}, got {_shown(given)}"


def _known_keys(settings: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """The keys of the settings class at `location` below `settings`; none where several classes are possible."""
    current: list[Any] = [settings]
    for part in location:
        fields = [field for each in current if (field := each.model_fields.get(part))]
        if fields:  # else the part is an index, a key that the user chose, or a branch of a union
            current = [found for field in fields for found in _section_classes(field.annotation)]
    return list(current[0].model_fields) if len(current) == 1 else []


def _section_classes(annotation: Any) -> list[type[BaseModel]]:
    """The settings classes within a field's type."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for each in get_args(annotation) for found in _section_classes(each)]


def _shown(value: Any) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 60 else text[:57] + "..."
