"""Settings drawn by chance from the types and bounds of a settings class."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from framecast.errors import InputError
from framecast.testing.plugin_under_test import PluginUnderTest

ODD_VALUES: tuple[Any, ...] = (None, True, -1, 0, 0.5, "", "no such thing", [], [0], [-1, 2], {}, 10**30)
"""Values that users will write sooner or later."""
_DRAWS = 200


def legal_settings(subject: PluginUnderTest, count: int, seed: int = 0) -> Iterator[tuple[dict[str, Any], Any]]:
    """Up to `count` different legal settings, (as written, checked): the author's with some fields drawn again.

    Numbers are drawn from their lowest value up to the one given or somewhat more, so that what is built stays
    small.
    """
    random = np.random.default_rng(seed)
    schema = subject.declaration.settings.model_json_schema()
    base = {**subject.settings.model_dump(mode="json")}
    names, seen = list(schema.get("properties", {})), []
    for _ in range(_DRAWS if names else 0):
        some = random.choice(names, size=min(len(names), int(random.integers(1, 4))), replace=False)
        drawn = {
            str(name): _drawn(schema["properties"][name], schema.get("$defs", {}), base.get(name), random)
            for name in some
        }
        written = {**base, **drawn}
        if written in seen:
            continue
        seen.append(written)
        try:
            yield written, subject.checked(written)
        except InputError:  # handled: these settings do not suit each other; others are drawn
            continue
        count -= 1
        if not count:
            return


def odd_settings(subject: PluginUnderTest) -> Iterator[dict[str, Any]]:
    """The author's settings, one field at a time replaced by each of the odd values."""
    base = subject.settings.model_dump(mode="json")
    for name in subject.declaration.settings.model_fields:
        for value in ODD_VALUES:
            yield {**base, name: value}


def _drawn(schema: Mapping[str, Any], defs: Mapping[str, Any], base: Any, random: np.random.Generator) -> Any:
    """A value of a JSON schema; `base` is the present one, which stays where nothing can be drawn (texts)."""
    if "$ref" in schema:
        return _drawn(defs[schema["$ref"].rpartition("/")[2]], defs, base, random)
    if "anyOf" in schema:
        return _drawn(schema["anyOf"][int(random.integers(len(schema["anyOf"])))], defs, base, random)
    if "enum" in schema:
        return schema["enum"][int(random.integers(len(schema["enum"])))]
    match schema.get("type"):
        case "boolean":
            return bool(random.integers(2))
        case "integer":
            low = schema.get("minimum", schema.get("exclusiveMinimum", -1) + 1)
            most = max(low + 4, base) if isinstance(base, int) else low + 4
            high = min(schema.get("maximum", schema.get("exclusiveMaximum", most + 1) - 1), most)
            return int(random.integers(low, high, endpoint=True))
        case "number":
            low = schema.get("minimum", schema.get("exclusiveMinimum", 0.0))
            high = schema.get("maximum", schema.get("exclusiveMaximum", low + 1.0))
            return float(low + (high - low) * random.uniform(0.05, 0.95))
        case "array" if "prefixItems" in schema:
            return [_drawn(item, defs, None, random) for item in schema["prefixItems"]]
        case "array":
            inner = base if isinstance(base, list) else []
            low = schema.get("minItems", 0)
            length = int(random.integers(low, min(schema.get("maxItems", 4), max(low, len(inner), 2)) + 1))
            near = inner[0] if inner else None
            return [_drawn(schema.get("items", {}), defs, near, random) for _ in range(length)]
        case "object" if schema.get("properties"):
            name = str(random.choice(list(schema["properties"])))
            value = _drawn(schema["properties"][name], defs, (base or {}).get(name), random)
            return {**(base or {}), name: value}
        case "null":
            return None
    return base
