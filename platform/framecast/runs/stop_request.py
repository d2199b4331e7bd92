"""A request to stop, as it lies in the folder of a run or a search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from framecast.bounded.json_file import parse_json
from framecast.errors import InputError
from framecast.json_text import to_json
from framecast.plugin.cause import Cause, cause_of_older_event, known_cause


@dataclass(frozen=True)
class StopRequest:
    """Why a run should write a checkpoint and end: the cause, and a sentence for people."""

    cause: Cause | None
    reason: str

    def to_text(self) -> str:
        return to_json({"cause": self.cause, "reason": self.reason})

    @classmethod
    def from_text(cls, text: str) -> Self:
        """A request in any form: that of older versions is the reason alone."""
        try:
            content = parse_json(text, "a request to stop")
            cause, reason = content["cause"], content["reason"]
        except (InputError, KeyError, TypeError):  # handled: the reason alone
            return cls(cause_of_older_event("RunInterrupted", text), text)
        return cls(known_cause(cause), str(reason))


STOP_COMMAND = StopRequest(Cause.STOP_COMMAND, "platform stop")
