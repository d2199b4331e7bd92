"""What came of importing a plugin, as plain data that can be remembered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple

from framecast.plugin.declarations import Declaration


class Declared(NamedTuple):
    """One declaration, as far as a listing needs it."""

    kind: str
    name: str
    summary: str


@dataclass(frozen=True)
class Outcome:
    """What a plugin declares, or why it cannot.

    `broken`: nothing of it can be used. `slow`: it was cut off, or it takes long or loads torch when it is listed.
    `noisy`: it does more than declare; it prints, say. `reason` says what; `seconds` is how long the
    import took in a process of its own, where there was one.
    """

    state: Literal["ok", "noisy", "slow", "broken"]
    reason: str = ""
    declares: tuple[Declared, ...] = ()
    seconds: float | None = None

    @property
    def usable(self) -> bool:
        """Whether the plugin may be imported when a job wants what it declares."""
        return bool(self.declares)

    @classmethod
    def sound(cls, found: Iterable[tuple[str, Declaration]]) -> Outcome:
        """That of a plugin which declares (kind, declaration) and does nothing else."""
        return cls("ok", declares=tuple(Declared(kind, each.name, each.summary) for kind, each in found))

    @classmethod
    def broken(cls, error: BaseException) -> Outcome:
        """That of a plugin which raised, in one line."""
        try:
            text = " ".join(str(error).split())
        except Exception:  # handled: the plugin's exception cannot even be read, which the outcome says
            text = "its message cannot be read"
        return cls("broken", f"{type(error).__name__}: {text[:_LONGEST]}")

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Outcome:
        """The inverse of `to_dict`. Raises TypeError, KeyError or ValueError for what is none."""
        return cls(**{**data, "declares": tuple(Declared(*each) for each in data["declares"])})


_LONGEST = 500
"""Characters of a message: the rest is for whoever mends the plugin."""
