"""What cannot be taken, and why; counted by kind, so that a wrong file shows in the summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal, NamedTuple, get_args

Kind = Literal[
    "entries of a wrong type",
    "entries without template",
    "unknown templates",
    "ids listed twice",
    "entries without video",
    "videos without entry",
    "videos found twice",
    "videos damaged",
]
KINDS: tuple[Kind, ...] = get_args(Kind)


class Refusal(NamedTuple):
    """One entry or file that is left out, and why; `id` is the clip's, where an entry has one."""

    kind: Kind
    name: str
    why: str
    id: str = ""


def counted(refused: Sequence[Refusal]) -> dict[str, int]:
    """How many of each kind, all kinds named."""
    found = Counter(refusal.kind for refusal in refused)
    return {kind: found[kind] for kind in KINDS}
