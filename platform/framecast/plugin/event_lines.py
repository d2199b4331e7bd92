"""Reading events: what a line of events.jsonl holds.

Anyone who can write into a run's folder can write there: every value is checked to be one that its field can have.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from framecast.json_text import number
from framecast.plugin import events
from framecast.plugin.cause import cause_of_older_event, known_cause
from framecast.plugin.events import Event

_KINDS: tuple[type[Event], ...] = (
    events.RunStarted,
    events.DatasetLoaded,
    events.StepDone,
    events.Evaluated,
    events.CheckpointSaved,
    events.Warned,
    events.RunFinished,
    events.RunInterrupted,
    events.RunFailed,
    events.SearchStarted,
    events.SearchFinished,
)
_BY_NAME = {kind.__name__: kind for kind in _KINDS}
_BY_NAME |= {"DataRead": events.DatasetLoaded, "Noticed": events.Warned}  # as older versions named them


def parse_event(line: str) -> Event | None:
    """The event in one line of events.jsonl; None for a line cut short by a crash, an unknown event, or a value
    that a field cannot have: others may have written the file.

    Numbers that were not finite are null there, and come back as not a number."""
    try:
        content: dict[str, Any] = json.loads(line)
        kind = _BY_NAME[content.pop("event")]
        checks = _CHECKS[kind]
        for name in _NUMBERS[kind] & content.keys():
            content[name] = _numbers(content[name])
        if not all(checks[name](value) for name, value in content.items()):
            return None
        if "cause" in checks:
            content["cause"] = known_cause(content.get("cause")) or cause_of_older_event(
                kind.__name__, content["reason"]
            )
        return kind(**content)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        # handled: no event; `platform status` and the report warn of lines that no crash explains
        return None


def _numbers(value: Any) -> Any:
    """The value with not a number in place of each None, also in lists and mappings."""
    if isinstance(value, dict):
        return {key: _numbers(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_numbers(each) for each in value]
    return number(value)


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < _LARGEST


def _is_number(value: Any) -> bool:
    return type(value) is float or (type(value) is int and abs(value) < _LARGEST)


def _is_text(value: Any) -> bool:
    return type(value) is str


def _is_time(value: Any) -> bool:
    return _is_number(value) and 0 <= value <= _LATEST


def _lists(each: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: type(value) is list and all(map(each, value))


def _maps(each: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: type(value) is dict and all(map(each, value.values()))


def _or_none(each: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or each(value)


_LARGEST = 2**63
_LATEST = 253_402_300_799  # the last second of the year 9999
_CHECKS_OF_TYPES: dict[str, Callable[[Any], bool]] = {
    "int": _is_count,
    "float": _is_number,
    "str": _is_text,
    "bool": lambda value: type(value) is bool,
    "int | None": _or_none(_is_count),
    "float | None": _or_none(_is_number),
    "Cause | None": _or_none(_is_text),
    "list[str]": _lists(_is_text),
    "dict[str, float]": _maps(_is_number),
    "dict[str, list[float]]": _maps(_lists(_is_number)),
}
_CHECKS = {
    kind: {
        each.name: _is_time if each.name == "time" else _CHECKS_OF_TYPES[str(each.type)] for each in fields(kind)
    }
    for kind in _KINDS
}
"""Whether a value can be that of a field, for each event; every count is of something, so none is negative."""

_NUMBERS = {
    kind: {
        each.name for each in fields(kind) if each.type in ("float", "dict[str, float]", "dict[str, list[float]]")
    }
    for kind in _KINDS
}
"""The fields of each event that hold nothing but numbers."""
