"""Tutorials as programs: what a reader would type, write and change, done in a folder, block after block.

```bash                      typed into a shell
```yaml title="job.yaml"     a file, written whole (so are python, toml, ...)
```diff title="cell.py"      a change of a file: what stands there at "-" and " " becomes "+" and " "
```text                      part of what the shell block before it prints; … stands for anything
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parents[1] / "docs" / "tutorials"
_FENCE = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.M | re.S)


class Block(NamedTuple):
    """A fenced block; `title` is the file it is about, `line` where it begins."""

    language: str
    title: str
    text: str
    line: int


class Done(NamedTuple):
    """What came of a shell block: how long it took, and all that it printed."""

    block: Block
    seconds: float
    printed: str


def blocks(markdown: str) -> list[Block]:
    """All fenced blocks. Raises ValueError for one that says neither what it is nor which file it is about."""
    found = []
    for match in _FENCE.finditer(markdown):
        language, title, text = match[1], match[2] or "", match[3]
        block = Block(language, title, text, markdown.count("\n", 0, match.start()) + 1)
        if bool(title) == (language in ("bash", "text")):
            raise ValueError(f"line {block.line}: a block of {language} with the title {title!r} cannot be done")
        found.append(block)
    if 2 * len(found) != len(re.findall("^```", markdown, flags=re.M)):
        raise ValueError("there is a block that is not closed, or has no language")
    return found


def follow(page: Path, folder: Path, typed: Callable[[str], str] = str) -> Iterator[Done]:
    """Does a page's blocks in `folder`, and yields each shell block once it is done.

    `typed` may change what is typed into the shell. Raises AssertionError where a command fails, a change finds
    nothing to change, or what should be printed is not.
    """
    printed = ""
    for block in blocks(page.read_text()):
        place = f"{page.name}:{block.line}"
        if block.language == "bash":
            began = time.monotonic()
            code, printed = _typed(typed(block.text), folder)
            assert code == 0, f"{place}: {block.text} leaves with {code}:\n{printed}"
            yield Done(block, time.monotonic() - began, printed)
        elif block.language == "text":
            words = [re.escape(part.strip()) for part in re.split(r"[…\n]", block.text) if part.strip()]
            assert re.search(".*".join(words), printed, flags=re.S), (
                f"{place} is not in what is printed:\n{printed}"
            )
        elif block.language == "diff":
            file = folder / block.title
            file.write_text(changed(file.read_text(), block.text, place))
        else:
            (folder / block.title).parent.mkdir(parents=True, exist_ok=True)
            (folder / block.title).write_text(block.text)


def changed(text: str, diff: str, place: str = "") -> str:
    """A text after a change without line numbers; lines `@@` part the places where something changes."""
    for hunk in re.split(r"^@@.*\n", diff, flags=re.M):
        lines = [line if line.strip() else " \n" for line in hunk.splitlines(keepends=True)]  # editors cut them
        before = "".join(line[1:] for line in lines if line[0] != "+")
        after = "".join(line[1:] for line in lines if line[0] != "-")
        assert text.count(before) == 1, f"{place}: this is there {text.count(before)} times:\n{before}"
        text = text.replace(before, after)
    return text


def _typed(text: str, folder: Path) -> tuple[int, str]:
    """The exit code and the print of a shell in which `platform` and `pytest` are this environment's."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    ended = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text],
        cwd=folder,
        env={**os.environ, "PATH": path, "COLUMNS": "120"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return ended.returncode, ended.stdout
