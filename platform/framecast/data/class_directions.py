"""Which classes are another class when a clip is mirrored or played backwards."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from framecast.data.augmentation import Augmentation

_TURNS = {"clockwise", "counterclockwise", "anticlockwise"}
_WORDS = {
    "horizontal": _TURNS | {"left", "right", "leftward", "rightward", "leftwards", "rightwards", "east", "west"},
    "vertical": _TURNS
    | {"up", "down", "upward", "downward", "upwards", "downwards", "upside", "top", "bottom", "above", "below"}
    | {"upper", "lower", "rising", "falling"},
}


def changed_class(
    augmentation: Augmentation, classes: Sequence[str], unchanged_by: Collection[str] = ()
) -> tuple[str, str] | None:
    """The setting that would give clips a wrong label ("flip" or "reverse"), and a class that it changes; None
    where there is none.

    A mirror changes a class whose name has a direction, such as "left". Played backwards, most actions are others
    ("opening" is "closing"), which names do not tell. `unchanged_by` are the variations ("horizontal", "vertical",
    "reverse") that a data set declares harmless.
    """
    for axis, words in _WORDS.items():
        if augmentation.flip in (axis, "both") and axis not in unchanged_by:
            for name in classes:
                if words.intersection(re.findall("[a-z]+", name.lower())):
                    return "flip", name
    if augmentation.reverse and "reverse" not in unchanged_by:
        return "reverse", classes[0]
    return None
