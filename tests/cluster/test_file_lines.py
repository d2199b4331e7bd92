"""Files as lines that a job prints."""

from __future__ import annotations

from pathlib import Path

from framecast.cluster.file_lines import decode, encode


def test_a_line_that_was_damaged_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes(range(256)))
    (line,) = encode(tmp_path, [("a", 6, 256)])
    assert decode(line) == (0, 6, bytes(range(6, 256)))
    words = line.split()
    for place, other in ((3, "00000000"), (4, words[4][:-4]), (4, "!" + words[4][1:]), (2, "x")):
        assert decode(" ".join([*words[:place], other, *words[place + 1 :]])) is None
    assert decode("epoch 1  loss 0.1") is None
