"""JSON that every parser reads: what is not a number is null, which Python's own writer would print as NaN."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any


def to_json(content: Any, indent: int | None = None, default: Callable[[Any], Any] | None = None) -> str:
    """`content` as JSON text; NaN and infinities become null. `default` turns other objects into plain ones."""
    return json.dumps(_finite(content), indent=indent, default=default, allow_nan=False)


def number(value: float | None) -> float:
    """A float that was written by `to_json`: null is read back as not a number."""
    return math.nan if value is None else value


def _finite(content: Any) -> Any:
    if isinstance(content, float):
        return content if math.isfinite(content) else None
    if isinstance(content, Mapping):
        return {key: _finite(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_finite(value) for value in content]
    return content
