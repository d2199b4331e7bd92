"""JSON from anybody: bounded in size, depth, number of values and digits."""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path
from typing import Any

from framecast.bounded.limit import DEPTH, DIGITS, DOCUMENT_BYTES, VALUES, Limit, bytes_text
from framecast.bounded.regular_file import read_bytes
from framecast.errors import InputError

_FEW_DIGITS = 18
_BRACKET_OR_TEXT = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)
"""Possessive, so that a text without an end is passed over once."""


def read_json(file: Path | str, limit: Limit = DOCUMENT_BYTES) -> Any:
    """What a JSON file holds. Raises FileNotFoundError where there is none, InputError for all else."""
    return parse_json(read_bytes(file, limit), str(file), limit)


def read_json_object(file: Path | str, limit: Limit = DOCUMENT_BYTES) -> dict[str, Any]:
    """The same, where it is a mapping. Raises also InputError where it is something else."""
    content = read_json(file, limit)
    if not isinstance(content, dict):
        raise InputError(f"{file} holds {_kind(content)}, a mapping was expected")
    return content


def parse_json(text: str | bytes, where: str, limit: Limit = DOCUMENT_BYTES) -> Any:
    """What a JSON text holds. Raises InputError, which begins with `where`, for all that is wrong."""
    try:
        raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        if len(raw) > limit.value:
            raise limit.exceeded(f"{where} is {bytes_text(len(raw))} long")
        openings = raw.count(b"[") + raw.count(b"{")
        if openings + raw.count(b",") > VALUES.value:
            raise VALUES.exceeded(f"{where} holds about {openings + raw.count(b','):,} values")
        if openings > DEPTH.value and (depth := _depth(raw)) > DEPTH.value:
            raise DEPTH.exceeded(f"{where} is nested {depth:,} deep")
        return json.loads(text, parse_int=partial(_integer, where))
    except UnicodeDecodeError as error:
        raise InputError(f"{where} is not text in UTF-8 (byte {error.start})") from None
    except json.JSONDecodeError as error:
        raise InputError(f"{where}:{error.lineno}:{error.colno}: not JSON ({error.msg})") from None
    except ValueError as error:
        raise InputError(f"{where}: {error}") from None
    except RecursionError:
        raise DEPTH.exceeded(f"{where} is nested too deeply") from None


def _integer(where: str, text: str) -> int:
    if len(text) > _FEW_DIGITS and len(text) > DIGITS.value:
        raise DIGITS.exceeded(f"{where} holds a number of {len(text):,} digits")
    return int(text)


def _depth(raw: bytes) -> int:
    """The deepest nesting, brackets within texts not counted."""
    depth = deepest = 0
    for match in _BRACKET_OR_TEXT.finditer(raw):
        token = raw[match.start()]
        if token in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif token in b"]}":
            depth -= 1
    return deepest


def _kind(content: object) -> str:
    if isinstance(content, bool) or content is None:
        return "only " + json.dumps(content)
    names = ((list, "a list"), (str, "a text"), (int | float, "a number"))
    return next(name for kind, name in names if isinstance(content, kind))
