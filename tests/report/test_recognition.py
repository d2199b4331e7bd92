"""The tables of a recognition: the hardest classes, the most frequent confusions, the surest mistakes."""

from __future__ import annotations

import numpy as np

from framecast.report.recognition import class_table, confusion_table, mistakes
from framecast.report.table import Table

CLASSES = ("boxing", "waving", "running")
CONFUSION_SKK = np.array(
    [
        [[2, 2, 0], [1, 1, 0], [0, 0, 0]],
        [[3, 1, 0], [0, 2, 0], [0, 0, 0]],
    ]
)


def cells(table: Table | None) -> list[list[str]]:
    assert table is not None
    return [[cell.text for cell in row.cells] for row in table.rows]


def test_the_hardest_class_comes_first_and_one_without_clips_last() -> None:
    assert cells(class_table(CONFUSION_SKK, CLASSES, ["25 %", "50 %"])) == [
        ["boxing", "4", "0.5000", "0.7500"],
        ["waving", "2", "0.5000", "1.000"],
        ["running", "0", "–", "–"],
    ]


def test_the_most_frequent_confusion_comes_first() -> None:
    assert cells(confusion_table(CONFUSION_SKK[0], CLASSES)) == [
        ["boxing", "waving", "2", "0.5000"],
        ["waving", "boxing", "1", "0.5000"],
    ]


def test_without_a_mistake_there_is_no_table_of_them() -> None:
    assert confusion_table(np.eye(3, dtype=np.int64), CLASSES) is None
    assert mistakes({}, CLASSES) == []


def test_a_mistake_is_shown_with_what_was_said_and_how_surely() -> None:
    samples = {
        "mistake_context": np.zeros((1, 4, 1, 8, 8), np.uint8),
        "mistake_label": np.array([2]),
        "mistake_said": np.array([0]),
        "mistake_confidence": np.array([0.975]),
    }
    (found,) = mistakes(samples, CLASSES)
    assert (found.label, found.said, found.confidence) == ("running", "boxing", "97.5 %")
    assert found.seen.startswith("data:image/png;base64,")
