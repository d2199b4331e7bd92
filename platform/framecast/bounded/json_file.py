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
_TEXT = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
"""Possessive, so that a text without an end is passed over once."""
_TO_SQUARE = bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


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
        if openings > DEPTH.value and _is_deeper(raw, DEPTH.value):
            raise DEPTH.exceeded(f"{where} is nested too deeply")
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


def _is_deeper(raw: bytes, most: int) -> bool:
    """Whether brackets are nested deeper than that, those within texts not counted."""
    brackets = _TEXT.sub(b"", raw).translate(_TO_SQUARE, _NO_BRACKETS)
    for _ in range(most):  # each round takes away the innermost level
        brackets = brackets.replace(b"[]", b"")
    return brackets.count(b"[") > most or b"[]" in brackets


def _kind(content: object) -> str:
    if isinstance(content, bool) or content is None:
        return "only " + json.dumps(content)
    names = ((list, "a list"), (str, "a text"), (int | float, "a number"))
    return next(name for kind, name in names if isinstance(content, kind))
