"""Which colour and line a series has: the same on every page (Okabe and Ito's colours, safe for the colour-blind).

Names are classes of `style.css`, which knows their values in light, in dark and on paper.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Look(NamedTuple):
    colour: str
    shape: str


MODEL = Look("blue", "solid")
TRAINING = Look("green", "solid")
SCHEDULE = Look("purple", "solid")
_BASELINES = (
    Look("ink", "dotted"),
    Look("vermillion", "dashed"),
    Look("orange", "dashed"),
    Look("purple", "dashed"),
    Look("sky", "dashed"),
)
_RUNS = ("blue", "green", "purple", "orange", "sky")


def baseline_looks(names: Iterable[str], declared: Sequence[str] = ()) -> dict[str, Look]:
    """The look of each baseline. Those that a task has `declared` keep the same one where others are left out."""
    order = list(dict.fromkeys([*declared, *names]))
    return {name: _BASELINES[order.index(name) % len(_BASELINES)] for name in names}


def in_words(baseline: str) -> str:
    """How a baseline is named for people; models are named as in the job."""
    return baseline.replace("_", " ")


def compared(order: int) -> Look:
    """The look of one of several trained models; no baseline has its look."""
    return Look(_RUNS[order % len(_RUNS)], ("solid", "mixed", "dotted")[order // len(_RUNS) % 3])
