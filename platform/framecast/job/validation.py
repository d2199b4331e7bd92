"""Checks plain data against a settings class, and says every problem in the words of the job file."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from framecast.errors import Problem, did_you_mean
from framecast.job.document import Document
from framecast.job.yaml_text import Key, dotted

Checked = TypeVar("Checked", bound=BaseModel)


def validated(
    settings: type[Checked], data: dict[str, Any], document: Document, prefix: Key, problems: list[Problem]
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
            key = (*prefix, *_written(detail["loc"], data))
            message = _message(detail, settings)
            if message not in by_key.setdefault(key, []):
                by_key[key].append(message)
        problems += [
            Problem(" or ".join(messages), key=dotted(key), place=document.place(key))
            for key, messages in by_key.items()
        ]
        return None


def _written(location: tuple[Any, ...], data: Any) -> Key:
    """The part of pydantic's location that a user would write: branches of unions are left out."""
    key: list[int | str] = []
    for part in location:
        in_mapping = isinstance(data, dict) and part in data
        in_list = isinstance(data, list) and isinstance(part, int) and part < len(data)
        if in_mapping or in_list:
            key.append(part)
            data = data[part]
        elif isinstance(data, dict) and part == location[-1]:
            key.append(part)  # a key that is missing
    return tuple(key)


def _message(detail: ErrorDetails, settings: type[BaseModel]) -> str:
    kind, context, given = detail["type"], detail.get("ctx", {}), detail.get("input")
    if kind == "extra_forbidden":
        return "unknown key" + did_you_mean(str(detail["loc"][-1]), _known_keys(settings, detail["loc"][:-1]))
    if kind == "missing":
        return "is required"
    if kind == "value_error":
        return str(context.get("error", detail["msg"]))
    message = detail["msg"].replace("Input should be", "should be").replace("Input", "the value")
    if kind == "json_invalid":
        return f"holds something that no setting can be ({message})"
    return f"{message}, got {_shown(given)}"


def _known_keys(settings: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """The keys of the settings class at `location` below `settings`."""
    current: Any = settings
    for part in location:
        field = current.model_fields.get(part) if isinstance(part, str) else None
        if field is None or not isinstance(field.annotation, type) or not issubclass(field.annotation, BaseModel):
            return []
        current = field.annotation
    return list(current.model_fields)


def _shown(value: Any) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 60 else text[:57] + "..."
