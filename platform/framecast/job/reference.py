"""The job file explained: the JSON schema of everything installed, and the words on a single key."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from framecast.errors import InputError, did_you_mean
from framecast.job.job import MOST, Job
from framecast.job.resolve import LISTS, SECTIONS
from framecast.registry.registry import Registered, Registry
from framecast.registry.settings import Settings

ANY = "KEY"
"""Stands for a key of the user's own choice, in search.parameters.KEY.int."""


@dataclass(frozen=True)
class Explained:
    """One key of the job file. `owner` names the plugin it belongs to, or is empty."""

    key: str
    type: str
    default: str
    text: str
    owner: str = ""


def settings_table(settings: type[Settings], prefix: str = "", owner: str = "") -> list[Explained]:
    """Every key of a settings class, those of inner sections below their section."""
    rows: list[Explained] = []
    schema = settings.model_json_schema()
    for name, field in settings.model_fields.items():
        type_name = _type_name(schema["properties"][name], schema.get("$defs", {}))
        rows.append(_row(prefix + name, type_name, field, owner))
        inner, any_key = _inner_section(field.annotation)
        if inner is not None and any_key:
            text = " ".join((inner.__doc__ or "").split())
            rows.append(Explained(f"{prefix}{name}.{ANY}", "section", "see below", text, owner))
        if inner is not None:
            rows += settings_table(inner, f"{prefix}{name}.{ANY}." if any_key else f"{prefix}{name}.", owner)
    return rows


def _inner_section(annotation: Any) -> tuple[type[Settings] | None, bool]:
    """The settings class within a field's type, and whether it stands under keys of the user's own choice."""
    if isinstance(annotation, type) and issubclass(annotation, Settings):
        return annotation, False
    found = [_inner_section(each)[0] for each in get_args(annotation)]
    return next((each for each in found if each is not None), None), get_origin(annotation) is dict


def explain(key: str, registry: Registry) -> list[Explained]:
    """What `key` of the job file means; a key of several plugins is explained for each. Raises InputError."""
    rows = {row.key: row for row in settings_table(Job)}
    section, _, inner = key.partition(".")
    kind = SECTIONS.get(section) or LISTS.get(section)
    if kind is None or not inner or inner == "name":
        if key.removesuffix(".name") in rows:
            return [rows[key.removesuffix(".name")]]
        chosen = [row for row in rows.values() if re.fullmatch(re.escape(row.key).replace(ANY, ".+"), key)]
        if chosen:  # the longest is the closest: search.parameters.model.rank.int is no key called rank.int
            return [replace(max(chosen, key=lambda row: len(row.key)), key=key)]
        raise InputError(f"no key {key!r} in a job{did_you_mean(key, rows)}")
    declared = [entry for entry in registry.all() if entry.kind == kind]
    tables = [_table_of(entry) for entry in declared]
    found = [row for table in tables for row in table if row.key == inner]
    if not found:
        names = {row.key for table in tables for row in table}
        raise InputError(f"no {kind} has a setting {inner!r}{did_you_mean(inner, names)}")
    return [Explained(key, row.type, row.default, row.text, row.owner) for row in found]


def json_schema(registry: Registry) -> dict[str, Any]:
    """The JSON schema of job files, with the settings of every plugin installed."""
    schema = Job.model_json_schema()
    definitions = schema["$defs"]
    choices = {kind: _choices(kind, registry, definitions) for kind in (*SECTIONS.values(), *LISTS.values())}
    for key, kind in SECTIONS.items():
        schema["properties"][key] = _documented(schema["properties"][key], choices[kind])
    for key, kind in LISTS.items():
        items: dict[str, Any] = {"type": "array", "items": choices[kind]}
        whole = {"anyOf": [items, {"type": "null"}]} if key == "metrics" else items
        schema["properties"][key] = _documented(schema["properties"][key], whole)
    definitions.pop("Section", None)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Framecast job", **schema}


def _choices(kind: str, registry: Registry, definitions: dict[str, Any]) -> dict[str, Any]:
    entries = [entry for entry in registry.all() if entry.kind == kind]
    branches: list[dict[str, Any]] = [{"type": "string", "enum": [entry.declaration.name for entry in entries]}]
    for entry in entries:
        settings = entry.declaration.settings.model_json_schema(ref_template=f"#/$defs/{kind}.{{model}}")
        for name, inner in settings.pop("$defs", {}).items():
            definitions[f"{kind}.{name}"] = inner
        name = {"const": entry.declaration.name, "description": entry.declaration.summary}
        settings["properties"] = {"name": name, **settings.get("properties", {})}
        settings["required"] = ["name", *settings.get("required", [])]
        branches.append(settings)
    return {"anyOf": branches}


def _documented(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    return {**{key: old[key] for key in ("description", "default") if key in old}, **new}


def _table_of(entry: Registered) -> list[Explained]:
    return settings_table(entry.declaration.settings, owner=f"{entry.kind} {entry.declaration.name}")


def _row(key: str, type_name: str, field: FieldInfo, owner: str) -> Explained:
    if field.is_required():
        default = "required"
    else:
        value = field.get_default(call_default_factory=True)
        default = "see below" if isinstance(value, BaseModel) else _yaml(value)
    text = " ".join((field.description or _docstring(field)).split())
    return Explained(key, type_name, default, text, owner)


def _docstring(field: FieldInfo) -> str:
    return (getattr(field.annotation, "__doc__", "") or "") if isinstance(field.annotation, type) else ""


def _yaml(value: Any) -> str:
    words = {None: "null", True: "true", False: "false"}
    return words[value] if value is None or isinstance(value, bool) else str(value)


def _type_name(schema: dict[str, Any], definitions: dict[str, Any]) -> str:
    """A JSON schema in a few words: "whole number >= 1, or auto"."""
    if "$ref" in schema:
        name = schema["$ref"].split("/")[-1]
        return "plugin" if name == "Section" else _type_name(definitions[name], definitions)
    if "anyOf" in schema:
        return ", or ".join(_type_name(branch, definitions) for branch in schema["anyOf"])
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
    limits = [
        f"{sign} {schema[key]:g}"
        for key, sign in (("minimum", ">="), ("exclusiveMinimum", ">"), ("maximum", "<="))
        if key in schema and schema[key] < MOST
    ]
    return " ".join([words.get(kind, kind), *limits])
