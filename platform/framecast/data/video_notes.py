"""What reading the videos of a data set found and assumed, in a few lines."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Sequence

from framecast.counting import plural
from framecast.data.store import StoredVideo
from framecast.data.video_facts import VideoFacts
from framecast.plugin.data_note import DataNote

_NAMED = 3
_LISTED = 4


def reading_notes(
    videos: Sequence[StoredVideo],
    frame_rate: float | None = None,
    settings: Collection[str] = ("background", "frame_rate"),
) -> list[DataNote]:
    """A line on all videos, one for each thing that was done to some of them, and warnings about what is probably
    a mistake. `frame_rate` is what they were resampled to; of the data set's `settings`, those that would help are
    named. Nothing for videos without facts."""
    read = [(video, video.reading) for video in videos if video.reading is not None]
    if not read:
        return []
    notes = [DataNote(_count(len(read)), _overview([facts for _, facts in read], frame_rate))]

    def add(text: Callable[[VideoFacts], str], warning: bool = False) -> None:
        """One note for each text that is not empty, of the videos that have it."""
        groups: dict[str, list[str]] = defaultdict(list)
        for video, facts in read:
            if said := text(facts):
                groups[said].append(video.name)
        notes.extend(DataNote(_named(names), said, warning) for said, names in groups.items())

    background = " (data.background)" if "background" in settings else ""
    resample = "data.frame_rate" if "frame_rate" in settings else ""
    add(lambda facts: f"shown {facts.orientation}, as the file asks" if facts.orientation else "")
    add(_aspect_text)
    add(lambda facts: f"{facts.bits} bits a value, scaled to 8" if facts.bits > 8 else "")
    add(lambda facts: f"transparent pixels are put on the background{background}" if facts.transparent else "")
    for remark in dict.fromkeys(remark for _, facts in read for remark in facts.remarks):
        notes.append(DataNote(_named([video.name for video, facts in read if remark in facts.remarks]), remark))
    add(lambda facts: _blank_text(facts, background), warning=True)
    if frame_rate is None:
        notes += _rate_warnings(read, resample)
    notes += _break_warnings(read)
    return notes


def _overview(read: Sequence[VideoFacts], frame_rate: float | None) -> str:
    parts = [_share(Counter(_rate_text(facts) for facts in read))]
    if frame_rate is not None and any(facts.rates for facts in read):
        parts.append(f"resampled to {frame_rate:g} a second")
    parts.append(_share(Counter(f"{facts.size[1]}x{facts.size[0]} pixels" for facts in read)))
    levels = [facts.levels for facts in read if facts.levels]
    if levels:
        low, high = min(low for low, _ in levels), max(high for _, high in levels)
        parts.append(f"values {low} to {high} of 255")
    return ", ".join(parts)


def _rate_text(facts: VideoFacts) -> str:
    if facts.rates is None:
        return "no clock"
    slow, fast = facts.rates
    return (
        f"{_number(slow)} to {_number(fast)} frames a second"
        if facts.is_variable
        else f"{_number(fast)} frames a second"
    )


def _aspect_text(facts: VideoFacts) -> str:
    if not facts.pixel_aspect:
        return ""
    return f"pixels of {facts.pixel_aspect}, shown as {facts.size[1]}x{facts.size[0]} square ones"


def _blank_text(facts: VideoFacts, setting: str) -> str:
    if facts.levels is None or facts.levels[0] != facts.levels[1]:
        return ""
    background = f", which is perhaps that of the background{setting}" if facts.transparent else ""
    return f"every pixel of every frame has the value {facts.levels[0]}{background}"


def _rate_warnings(read: Sequence[tuple[StoredVideo, VideoFacts]], setting: str) -> list[DataNote]:
    """`setting` is the one that resamples, empty where there is none."""
    notes = []
    variable = [(video.name, facts.rates) for video, facts in read if facts.is_variable and facts.rates]
    if variable:
        slow, fast = min(rates[0] for _, rates in variable), max(rates[1] for _, rates in variable)
        notes.append(
            DataNote(
                _named([name for name, _ in variable]),
                f"the frame rate varies from {_number(slow)} to {_number(fast)} a second, and frames are taken as "
                "evenly spaced" + (f": {setting} resamples by time" if setting else ""),
                True,
            )
        )
    constant = [facts.rates[0] for _, facts in read if facts.rates and not facts.is_variable]
    if constant and max(constant) > 1.02 * min(constant):
        usual = Counter(_number(rate) for rate in constant)
        notes.append(
            DataNote(
                _count(len(constant)),
                f"different frame rates are mixed ({_share(usual)} a second), so motion has different speeds"
                + (f": {setting} resamples all to one" if setting else ""),
                True,
            )
        )
    return notes


def _break_warnings(read: Sequence[tuple[StoredVideo, VideoFacts]]) -> list[DataNote]:
    broken = [(video.name, facts) for video, facts in read if facts.breaks]
    if not broken:
        return []
    name, facts = broken[0]
    count = sum(len(facts.breaks) for _, facts in broken)
    where = f"in {name} {facts.first_break}" if len(broken) > 1 else facts.first_break
    breaks = "time jumps once" if count == 1 else f"time jumps {count} times"
    return [
        DataNote(_named([name for name, _ in broken]), f"{breaks} ({where}); no clip is cut across a jump", True)
    ]


def _count(videos: int) -> str:
    return plural(videos, "video")


def _named(names: Sequence[str]) -> str:
    """ "a.mp4", "2 videos (a.mp4, b.mp4)", "7 videos (a.mp4, b.mp4, c.mp4 ...)"."""
    if len(names) == 1:
        return names[0]
    more = " ..." if len(names) > _NAMED else ""
    return f"{_count(len(names))} ({', '.join(names[:_NAMED])}{more})"


def _share(counts: Counter[str]) -> str:
    """The values, the most frequent first, with how many have each where there are several."""
    if len(counts) == 1:
        return next(iter(counts))
    listed = [f"{value} ({count:,})" for value, count in counts.most_common(_LISTED)]
    others = len(counts) - len(listed)
    return ", ".join(listed) + (f" and {plural(others, 'other')}" if others else "")


def _number(value: float) -> str:
    return f"{value:.3g}" if abs(value - round(value)) > 0.005 else f"{round(value)}"
