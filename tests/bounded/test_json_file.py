"""JSON that would take the process down."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from framecast.bounded import parse_json, read_json, read_json_object
from framecast.errors import InputError


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[" * 100_000, "nested too deeply, the limit is 50"),
        ("[" * 51 + "]" * 51, "nested too deeply, the limit is 50"),
        ('{"a":' * 60 + "1" + "}" * 60, "nested too deeply"),
        ("9" * 5000, "a number of 5,000 digits, the limit is 100"),
        ("-" + "9" * 101, "digits"),
        ("[1, 2", "x.json:1:6: not JSON"),
        ("", "x.json:1:1: not JSON"),
        ('{"a": "' + "\\" * 999, "not JSON"),
        ("[" + "[]," * 5_000_000 + "0]", "x.json holds about 10,000,001 values"),
        (" " * (70 << 20), "x.json is 70 MiB long, the limit is 64 MiB"),
    ],
)
def test_what_is_beyond_a_limit_or_no_json_is_one_sentence(text: str, reason: str) -> None:
    with pytest.raises(InputError) as error:
        parse_json(text, "x.json")
    assert reason in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "content",
    [
        {"a": [1, 2.5, None, True, "ä"]},
        "[" * 1000,
        ['"[[[' * 50, '\\"[' * 40],
        10**99,
        [[]] * 60,
        eval("[" * 50 + "]" * 50),
        {"a": [{"b": "]}"}] * 100},
    ],
)
def test_all_else_is_what_was_written(content: object) -> None:
    assert parse_json(json.dumps(content), "x.json") == content
    assert parse_json(json.dumps(content).encode(), "x.json") == content


def test_texts_without_end_cost_linear_time() -> None:
    begin = time.process_time()
    with pytest.raises(InputError):
        parse_json("[" * 60 + '"' + '\\"' * 2_000_000 + "\\", "x.json")
    assert time.process_time() - begin < 10  # of a fraction of a second, where tries from each quote take hours


def test_a_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    with pytest.raises(FileNotFoundError):
        read_json(file)
    file.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(InputError, match=r"x\.json"):
        read_json(file)
    file.write_text("[1]")
    assert read_json(file) == [1]
    with pytest.raises(InputError, match=r"x\.json holds a list, a mapping was expected"):
        read_json_object(file)


@pytest.mark.parametrize(("text", "kind"), [("null", "only null"), ("true", "only true"), ("1e5", "a number")])
def test_other_values_than_mappings_are_described(tmp_path: Path, text: str, kind: str) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(InputError, match=f"holds {kind}, a mapping"):
        read_json_object(tmp_path / "x.json")
