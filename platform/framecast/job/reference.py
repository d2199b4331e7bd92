"""The job file as a table: every key of a settings class with its type, default, words and choices."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from framecast.job.count import MOST
from framecast.plugin.settings import Settings

ANY = "KEY"
"""Stands for a key that the user chooses, in search.parameters.KEY.int."""

SEE_BELOW = "see below"
"""The default of a section: those of its keys."""

REQUIRED = "required"
"""The default of a key that a job has to set."""

_LIMITS = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "exclusiveMaximum": "<"}
_CHOICE = re.compile(r"^\s*- `([^`]+)`(?:: )?", re.MULTILINE)


@dataclass(frozen=True)
class Choice:
    """A value that a key can have, and what it does; `text` is empty where its plugin does not say."""

    value: str
    text: str = ""


@dataclass(frozen=True)
class Explained:
    """One key of the job file. `owner` names the plugin it belongs to, or is empty; `choices` are the words that
    the key accepts."""

    key: str
    type: str
    default: str
    text: str
    owner: str = ""
    choices: tuple[Choice, ...] = ()


def settings_table(settings: type[Settings], prefix: str = "", owner: str = "") -> list[Explained]:
    """Every key of a settings class, those of inner sections below their section."""
    rows: list[Explained] = []
    schema = settings.model_json_schema()
    schema = resolve_reference(schema, schema.get("$defs", {})) | {"$defs": schema.get("$defs", {})}
    for name, field in settings.model_fields.items():
        rows.append(_row(prefix + name, schema["properties"][name], schema["$defs"], field, owner))
        inner, any_key = _inner_section(field.annotation)
        if inner is not None and any_key:
            text = " ".join((inner.__doc__ or "").split())
            rows.append(Explained(f"{prefix}{name}.{ANY}", "section", SEE_BELOW, text, owner))
        if inner is not None:
            rows += settings_table(inner, f"{prefix}{name}.{ANY}." if any_key else f"{prefix}{name}.", owner)
    return rows


def resolve_reference(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """The object that a schema describes: references are followed, and short forms of a section left aside."""
    while "$ref" in schema:
        schema = definitions[schema["$ref"].split("/")[-1]]
    branches = [resolve_reference(branch, definitions) for branch in schema.get("anyOf", ())]
    return next((branch for branch in branches if "properties" in branch), schema)


def split_choices(docstring: str) -> tuple[str, dict[str, str]]:
    """A field's docstring: its prose, and what it says of each choice in lines that begin with "- `choice`: "."""
    prose, *rest = _CHOICE.split(docstring)
    said = dict(zip(rest[::2], rest[1::2], strict=True))
    return " ".join(prose.split()), {choice: " ".join(text.split()) for choice, text in said.items()}


def _inner_section(annotation: Any) -> tuple[type[Settings] | None, bool]:
    """The settings class within a field's type, and whether it stands under keys that the user chooses."""
    if isinstance(annotation, type) and issubclass(annotation, Settings):
        return annotation, False
    found = [_inner_section(each)[0] for each in get_args(annotation)]
    return next((each for each in found if each is not None), None), get_origin(annotation) is dict


def _row(key: str, schema: dict[str, Any], definitions: dict[str, Any], field: FieldInfo, owner: str) -> Explained:
    if field.is_required():
        default = REQUIRED
    else:
        value = field.get_default(call_default_factory=True)
        default = SEE_BELOW if isinstance(value, BaseModel) else _yaml(value)
    text, said = split_choices(field.description or _docstring(field))
    words = dict.fromkeys([*_words(schema, definitions), *said])
    choices = tuple(Choice(word, said.get(word, "")) for word in words)
    return Explained(key, _type_name(schema, definitions), default, text, owner, choices)


def _docstring(field: FieldInfo) -> str:
    return (getattr(field.annotation, "__doc__", "") or "") if isinstance(field.annotation, type) else ""


def _yaml(value: Any) -> str:
    words = {None: "null", True: "true", False: "false"}
    return words[value] if value is None or isinstance(value, bool) else str(value)


def _words(schema: dict[str, Any], definitions: dict[str, Any]) -> Iterator[str]:
    """The words that a value, or an entry of a list or mapping, can be; a section's keys have rows themselves."""
    if "$ref" in schema:
        inner = definitions[schema["$ref"].split("/")[-1]]
        if "properties" not in resolve_reference(inner, definitions):
            yield from _words(inner, definitions)
        return
    for branch in schema.get("anyOf", ()):
        yield from _words(branch, definitions)
    if "const" in schema:
        yield _yaml(schema["const"])
    yield from map(_yaml, schema.get("enum", ()))
    for inside in (schema.get("items"), schema.get("additionalProperties"), *schema.get("prefixItems", ())):
        if isinstance(inside, dict):
            yield from _words(inside, definitions)


def _type_name(schema: dict[str, Any], definitions: dict[str, Any]) -> str:
    """A JSON schema in a few words: "whole number >= 1, or auto"."""
    if "$ref" in schema:
        name = schema["$ref"].split("/")[-1]
        return "plugin" if name == "Section" else _type_name(definitions[name], definitions)
    if "anyOf" in schema:
        return ", or ".join(dict.fromkeys(_type_name(branch, definitions) for branch in schema["anyOf"]))
    if "const" in schema:
        return _yaml(schema["const"])
    if "enum" in schema:
        return " | ".join(map(_yaml, schema["enum"]))
    kind = schema.get("type", "anything")
    if schema.get("format") == "path":
        return "path"
    if "prefixItems" in schema:
        return f"[{', '.join(_type_name(item, definitions) for item in schema['prefixItems'])}]"
    if kind == "array":
        return f"list of {_type_name(schema.get('items', {}), definitions)}"
    words = {"string": "text", "integer": "whole number", "boolean": "true or false", "object": "section"}
    limits = [f"{sign} {schema[key]:g}" for key, sign in _LIMITS.items() if key in schema and schema[key] < MOST]
    return " ".join([words.get(kind, kind), *limits])
