"""docs/architecture.md names files that exist, and Markdown stays readable in a terminal."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text()
BASES = (ROOT, ROOT / "platform" / "framecast", ROOT / "plugins" / "framecast_conv_tt_lstm")
FILES = sorted(set(re.findall(r"`([\w./]+(?:\.py|/))`", PAGE)) - {"__init__.py"})
PAGES = [
    path
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md"))
    if not {".venv", "site"} & set(path.parts)
]


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_the_architecture_names_exists(name: str) -> None:
    assert any((base / name).exists() for base in BASES)


def test_every_room_of_the_platform_has_a_row() -> None:
    table = PAGE.partition("## Folders")[2].partition("\n## ")[0]
    for path in (ROOT / "platform" / "framecast").iterdir():
        name = f"{path.name}/" if path.is_dir() else path.name
        if path.suffix in ("", ".py") and not name.startswith("__"):
            assert f"`{name}`" in table, name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_lines_of_prose_are_shorter_than_120_characters(page: Path) -> None:
    code = False
    for number, line in enumerate(page.read_text().splitlines(), start=1):
        code ^= line.lstrip().startswith("```")
        if not (code or line.startswith(("|", "    ", "<"))):
            assert len(line) < 120, f"{page}:{number}"
