"""What one check of the doctor found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warn", "FAIL"]


@dataclass(frozen=True)
class CheckResult:
    """`FAIL`: training will not work, or not as asked. `warn`: it works, but slowly or not safely.

    `remedy` says what to do where the level is not ok; `node` is empty where it holds for all there is.
    """

    level: Level
    subject: str
    message: str
    remedy: str = ""
    node: str = ""


def ok(subject: str, message: str) -> CheckResult:
    return CheckResult("ok", subject, message)


def warn(subject: str, message: str, remedy: str) -> CheckResult:
    return CheckResult("warn", subject, message, remedy)


def fail(subject: str, message: str, remedy: str) -> CheckResult:
    return CheckResult("FAIL", subject, message, remedy)


def in_line(error: BaseException) -> str:
    """An error in one line; libraries put paths to their sources and blank lines around it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
