"""A shown clip on the page: its name, its animation, and its frames in two rows with their numbers."""

from __future__ import annotations

from dataclasses import dataclass

from framecast.report.numbers import score
from framecast.report.pictures import Clips, animation, data_address, strip, thinned

MOST_FRAMES = 10
_MOST_CLIPS = 3
_NAMES = ("best", "median", "worst")


@dataclass(frozen=True)
class Filmstrip:
    """Pictures are data addresses. `seen` and `predicted` number the columns, the first prediction being 1."""

    name: str
    note: str
    animation: str
    context: str
    target: str
    prediction: str
    seen: list[int]
    predicted: list[int]


def filmstrips(clips: Clips) -> list[Filmstrip]:
    """The first clips; named best, median and worst where the run noted their losses."""
    found = []
    for index in range(min(_MOST_CLIPS, len(clips.target))):
        context, target, prediction = clips.context[index], clips.target[index], clips.prediction[index]
        seen, predicted = thinned(len(context), MOST_FRAMES), thinned(len(target), MOST_FRAMES)
        ranked = clips.losses is not None and len(clips.losses) == len(_NAMES)
        found.append(
            Filmstrip(
                name=_NAMES[index] if ranked else f"clip {index + 1}",
                note=f"loss {score(float(clips.losses[index]))}" if ranked and clips.losses is not None else "",
                animation=data_address(animation(context, target, prediction), "image/gif"),
                context=data_address(strip(context[seen]), "image/png"),
                target=data_address(strip(target[predicted]), "image/png"),
                prediction=data_address(strip(prediction[predicted]), "image/png"),
                seen=[frame + 1 - len(context) for frame in seen],
                predicted=[frame + 1 for frame in predicted],
            )
        )
    return found
