"""The tutorials work as they are written, each block done in an empty folder; training alone is shorter."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.tutorials import FOLDER, blocks, changed, follow

PAGES = sorted(FOLDER.glob("*.md"))


def shortened(typed: str) -> str:
    """The one thing that differs from what readers do: every training ends after two steps."""
    return re.sub(r"^platform submit \S+", r"\g<0> training.max_steps=2", typed, flags=re.M)


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_block_of_a_tutorial_works(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    trained = [done for done in follow(page, tmp_path, shortened) if "platform submit" in done.block.text]
    assert trained
    assert all("2 steps" in done.printed for done in trained)
    assert list((tmp_path / "runs").glob("*/*/report.html"))


def test_a_page_is_read_as_blocks() -> None:
    page = 'Text\n\n```bash\nls\n```\n\n```yaml title="a.yaml"\nname: a\n```\n'
    assert [tuple(block) for block in blocks(page)] == [
        ("bash", "", "ls\n", 3),
        ("yaml", "a.yaml", "name: a\n", 7),
    ]


@pytest.mark.parametrize("page", ["```python\nprint()\n```\n", "```\nls\n```\n", "```bash\nls\n"])
def test_a_block_that_nobody_could_follow_is_refused(page: str) -> None:
    with pytest.raises(ValueError, match="block"):
        blocks(page)


def test_a_change_is_made_where_its_lines_stand() -> None:
    assert changed("one\ntwo\n\nthree\n", " one\n-two\n+2\n\n@@\n-three\n+3\n") == "one\n2\n\n3\n"


def test_a_change_that_finds_nothing_or_two_places_is_an_error() -> None:
    with pytest.raises(AssertionError, match="there 0 times"):
        changed("one\n", "-two\n+2\n")
    with pytest.raises(AssertionError, match="there 2 times"):
        changed("one\none\n", "-one\n+1\n")


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ("```bash\nfalse\n```\n", "leaves with 1"),
        ("```bash\necho a b\n```\n```text\nb … a\n```\n", "not in what is printed"),
    ],
)
def test_a_page_that_does_not_keep_its_word_fails(tmp_path: Path, block: str, words: str) -> None:
    page = tmp_path / "page.md"
    page.write_text(block)
    with pytest.raises(AssertionError, match=words):
        list(follow(page, tmp_path))
