"""Clips that several runs have predicted, for a page that compares the runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from framecast.report.filmstrip import MOST_FRAMES
from framecast.report.pictures import animation, data_address, strip, thinned
from framecast.report.record import Record

_MOST_CLIPS = 3


@dataclass(frozen=True)
class SameClip:
    """Pictures are data addresses; `predictions` by the runs' letters. `seen` and `predicted` number the columns,
    the first prediction being 1."""

    animation: str
    context: str
    target: str
    predictions: dict[str, str]
    seen: list[int]
    predicted: list[int]


def same_clips(records: Mapping[str, Record]) -> list[SameClip]:
    """The first clips that all runs have kept, the same frames seen and to be predicted."""
    kept = {letter: _by_content(record) for letter, record in records.items()}
    first, *others = kept.values()
    common = [content for content in first if all(content in other for other in others)]
    return [
        _drawn(*first[content][:2], {letter: clips[content][2] for letter, clips in kept.items()})
        for content in common[:_MOST_CLIPS]
    ]


def _by_content(record: Record) -> dict[bytes, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """(context, target, prediction) of each kept clip, by what was seen and what came."""
    found: dict[bytes, tuple[np.ndarray, np.ndarray, np.ndarray]] = {}
    for clips in record.kept_clips:
        for context, target, prediction in zip(clips.context, clips.target, clips.prediction, strict=True):
            content = repr((context.shape, target.shape)).encode() + context.tobytes() + target.tobytes()
            found.setdefault(content, (context, target, prediction))
    return found


def _drawn(context: np.ndarray, target: np.ndarray, predictions: dict[str, np.ndarray]) -> SameClip:
    seen, predicted = thinned(len(context), MOST_FRAMES), thinned(len(target), MOST_FRAMES)
    return SameClip(
        animation=data_address(animation(context, target, *predictions.values()), "image/gif"),
        context=data_address(strip(context[seen]), "image/png"),
        target=data_address(strip(target[predicted]), "image/png"),
        predictions={
            letter: data_address(strip(each[predicted]), "image/png") for letter, each in predictions.items()
        },
        seen=[frame + 1 - len(context) for frame in seen],
        predicted=[frame + 1 for frame in predicted],
    )
