"""YAML that would take the process down."""

from __future__ import annotations

from pathlib import Path

import pytest

from framecast.bounded import parse_yaml, read_yaml
from framecast.errors import InputError

LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{number}: &a{number} [{', '.join([f'*a{number - 1}'] * 10)}]\n" for number in range(1, 10)
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (LAUGHS, "more than 100,000 values, those of an alias counted each time"),
        ("a: &a [*a]", "nested more than 50 deep"),
        ("a: " + "[" * 30_000, "nested too deeply"),
        ("a: " + "[" * 60 + "]" * 60, "FRAMECAST_LIMIT_DEPTH"),
        ("a: " + "9" * 5000, "a number of 5,000 digits"),
        ("a: 0x" + "f" * 5000, "digits"),
        ("a: !!python/object/apply:os.system [id]", "tag"),
        ("a: " + "x" * 1_000_001, "the limit is 977 KiB"),
        ('a: "\\U99999999"', "not valid YAML"),
    ],
)
def test_what_is_beyond_a_limit_is_one_sentence(text: str, reason: str) -> None:
    with pytest.raises(InputError) as error:
        parse_yaml(text, "x.yaml")
    assert reason in str(error.value)
    assert "x.yaml" in str(error.value)


def test_an_alias_that_stays_within_the_limits_is_read(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("a: &a [1, 2]\nb: *a\n")
    assert read_yaml(tmp_path / "x.yaml") == {"a": [1, 2], "b": [1, 2]}
