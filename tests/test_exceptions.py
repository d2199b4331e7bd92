"""No exception disappears: whoever catches one raises, passes it on, or says what happens instead.

`grep -rn "# handled:" platform plugins` lists every place that ends an exception without passing it on, with
what is done instead, and how the user learns of it where there is something to learn.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MARK = "# handled: "
FILES = sorted(file for folder in ("platform", "plugins") for file in (ROOT / folder).rglob("*.py"))


def passes_on(handler: ast.ExceptHandler) -> bool:
    """Whether a handler raises, ends the process, or makes use of the exception that it caught."""
    for node in (inner for statement in handler.body for inner in ast.walk(statement)):
        if isinstance(node, ast.Raise):
            return True
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("require", "sys.exit"):
            return True
        if isinstance(node, ast.Name) and node.id == handler.name:
            return True
    return False


def ends(tree: ast.AST) -> Iterator[int]:
    """The lines at which an exception ends."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and not passes_on(node):
            yield node.lineno
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("suppress", "contextlib.suppress"):
            yield node.lineno


def explained(lines: list[str], number: int) -> bool:
    """Whether the line holds the mark, or one of the comments directly above or below it."""
    if MARK in lines[number - 1]:
        return True
    for step in (-1, 1):
        at = number - 1 + step
        while 0 <= at < len(lines) and lines[at].strip().startswith("#"):
            if MARK in lines[at]:
                return True
            at += step
    return False


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_whatever_ends_an_exception_says_what_happens_instead(file: Path) -> None:
    text = file.read_text()
    lines = text.splitlines()
    silent = [number for number in sorted(ends(ast.parse(text))) if not explained(lines, number)]
    assert not silent, f"{file.relative_to(ROOT)}: add `{MARK}...` at line {', '.join(map(str, silent))}"


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("try: f()\nexcept OSError: pass", [2]),
        ("try: f()\nexcept OSError: raise ValueError", []),
        ("try: f()\nexcept OSError as error: print(error)", []),
        ("try: f()\nexcept OSError as error: print('lost')", [2]),
        ("with suppress(OSError): f()", [1]),
        ("with contextlib.suppress(OSError), open('x'): f()", [1]),
    ],
)
def test_the_search_finds_what_swallows(code: str, found: list[int]) -> None:
    assert sorted(ends(ast.parse(code))) == found


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (["except OSError:  # handled: x", "    pass"], True),
        (["except OSError:", "    # handled: x", "    pass"], True),
        (["# handled: x", "except OSError:", "    pass"], True),
        (["except OSError:", "    pass  # handled: too far away"], False),
        (["except OSError:  # whatever", "    pass"], False),
    ],
)
def test_the_mark_stands_where_the_exception_ends(code: list[str], told: bool) -> None:
    number = next(at for at, line in enumerate(code, start=1) if line.startswith("except"))
    assert explained(code, number) == told
