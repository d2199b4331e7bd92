"""What a report shows of a recognition: how soon a class is known, what is taken for what, what misleads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from framecast.report.curves import Curve, horizon_curves
from framecast.report.matrix import matrix
from framecast.report.numbers import percent, score
from framecast.report.pictures import data_address, strip, thinned
from framecast.report.record import Record
from framecast.report.score_tables import horizon_tables
from framecast.report.table import Cell, Column, Row, Table

_MOST_FRAMES = 10
_MOST_CONFUSIONS = 10


@dataclass(frozen=True)
class Mistake:
    """A clip that was misread: what it shows, what was said, how sure, and a strip of the frames seen."""

    label: str
    said: str
    confidence: str
    seen: str


@dataclass(frozen=True)
class Recognition:
    """The parts of the page; `chance` says what guessing would score, `last` at which share the matrix stands."""

    chance: str
    last: str
    curves: list[Curve]
    numbers: list[Table]
    matrix: Markup | None
    confusions: Table | None
    mistakes: list[Mistake]

    @classmethod
    def of(cls, record: Record) -> Recognition | None:
        """None where the task asks for no classes, or nothing is measured yet."""
        plan = record.plan
        if not plan.readings or record.best is None:
            return None
        classes, samples = plan.classes, record.samples
        shares = [percent(share) for share in plan.readings]
        confusion_SKK = samples.get("confusion")
        return cls(
            chance=f"Guessing is right in 1 of {len(classes)} clips ({1 / len(classes):.3g}).",
            last=shares[-1],
            curves=horizon_curves(record, "logits"),
            numbers=[
                *horizon_tables(record, "logits"),
                *([] if confusion_SKK is None else [class_table(confusion_SKK, classes, shares)]),
            ],
            matrix=None if confusion_SKK is None else matrix(confusion_SKK[-1], classes),
            confusions=None if confusion_SKK is None else confusion_table(confusion_SKK[-1], classes),
            mistakes=mistakes(samples, classes),
        )


def class_table(confusion_SKK: np.ndarray, classes: Sequence[str], shares: Sequence[str]) -> Table:
    """Each class's own accuracy at every reading, the hardest at the last one first."""
    counts_SK = confusion_SKK.sum(2)
    with np.errstate(invalid="ignore"):
        own_SK = confusion_SKK.diagonal(axis1=1, axis2=2) / counts_SK
    order = np.argsort(own_SK[-1], kind="stable")  # classes without a clip come last
    rows = [
        Row(
            [
                Cell(classes[label]),
                Cell(f"{counts_SK[-1, label]:,}"),
                *(
                    Cell(score(value) if count else "–")
                    for value, count in zip(own_SK[:, label], counts_SK[:, label], strict=True)
                ),
            ]
        )
        for label in order.tolist()
    ]
    columns = [Column("class", words=True), Column("clips"), *(Column(share, "right") for share in shares)]
    return Table(columns, rows)


def confusion_table(counts_KK: np.ndarray, classes: Sequence[str]) -> Table | None:
    """The most frequent mistakes; None where there was none."""
    wrong_KK = counts_KK * (1 - np.eye(len(classes), dtype=counts_KK.dtype))
    order = np.argsort(-wrong_KK, axis=None, kind="stable")[:_MOST_CONFUSIONS]
    rows = []
    for label, said in (divmod(int(at), len(classes)) for at in order):
        count = int(wrong_KK[label, said])
        if count:
            cells = [classes[label], classes[said], f"{count:,}", score(count / counts_KK[label].sum())]
            rows.append(Row(list(map(Cell, cells))))
    columns = [
        Column("shown", words=True),
        Column("predicted", words=True),
        Column("clips"),
        Column("share", "of those"),
    ]
    return Table(columns, rows) if rows else None


def mistakes(samples: Mapping[str, np.ndarray], classes: Sequence[str]) -> list[Mistake]:
    """Those that were kept with the checkpoint, the surest first."""
    if "mistake_context" not in samples:
        return []
    found = zip(
        samples["mistake_context"],
        samples["mistake_label"].tolist(),
        samples["mistake_said"].tolist(),
        samples["mistake_confidence"].tolist(),
        strict=True,
    )
    return [
        Mistake(
            classes[label],
            classes[said],
            percent(confidence),
            data_address(strip(seen_TCHW[thinned(len(seen_TCHW), _MOST_FRAMES)]), "image/png"),
        )
        for seen_TCHW, label, said, confidence in found
    ]
