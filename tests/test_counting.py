"""Counts with their nouns."""

from __future__ import annotations

import pytest

from framecast.counting import named_count, plural


@pytest.mark.parametrize(
    ("said", "written"),
    [
        (plural(0, "clip"), "0 clips"),
        (plural(1, "GPU"), "1 GPU"),
        (plural(2, "GPU"), "2 GPUs"),
        (plural(1200, "clip"), "1,200 clips"),
        (plural(1.0, "hour"), "1.0 hour"),
        (plural(1, "class", "classes"), "1 class"),
        (plural(174, "class", "classes"), "174 classes"),
        (plural(1, "byte is", "bytes are"), "1 byte is"),
        (named_count(1, "identical_frames"), "1 identical frame"),
        (named_count(1200, "identical_frames"), "1,200 identical frames"),
    ],
)
def test_a_noun_agrees_with_its_number(said: str, written: str) -> None:
    assert said == written
