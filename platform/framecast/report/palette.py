"""Which colour and line a series has: the same on every page (Okabe and Ito's colours, safe for the colour-blind).

Names are classes of `style.css`, which knows their values in light, in dark and on paper.
"""

from __future__ import annotations

from typing import NamedTuple


class Look(NamedTuple):
    colour: str
    shape: str


MODEL = Look("blue", "solid")
TRAINING = Look("green", "solid")
SCHEDULE = Look("purple", "solid")
_FORECASTERS = {"black": Look("ink", "dotted"), "last_frame": Look("vermillion", "dashed")}
_OTHER_FORECASTERS = (Look("orange", "mixed"), Look("purple", "dotted"), Look("sky", "dashed"))
_RUNS = ("blue", "green", "purple", "orange", "sky")


def forecaster(name: str, order: int = 0) -> Look:
    """A trivial forecaster's look; `order` counts those that have none of their own."""
    return _FORECASTERS.get(name) or _OTHER_FORECASTERS[order % len(_OTHER_FORECASTERS)]


def is_forecaster(name: str) -> bool:
    return name in _FORECASTERS


def written(series: str) -> str:
    """How a series is named for people: forecasters in plain words, models as the job names them."""
    return series.replace("_", " ") if is_forecaster(series) else series


def compared(order: int) -> Look:
    """The look of one of several trained models; no forecaster has its colour."""
    return Look(_RUNS[order % len(_RUNS)], ("solid", "mixed", "dotted")[order // len(_RUNS) % 3])
