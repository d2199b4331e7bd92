"""The JSON schema of job files, with the settings of everything installed."""

from __future__ import annotations

from typing import Any

from framecast.job.job import LISTS, SECTIONS, Job
from framecast.registry.registry import Registry


def json_schema(registry: Registry) -> dict[str, Any]:
    """The JSON schema of job files, with the settings of every plugin that the registry knows."""
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
    entries = registry.known(kind)
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
