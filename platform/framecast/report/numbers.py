"""How numbers are written for people: scores, durations, counts."""

from __future__ import annotations

import math

_MINUS = "−"


def score(value: float | None) -> str:
    """Four digits that matter; a dash where there is no value."""
    if value is None:
        return "–"
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else "infinite"
    if value and (abs(value) < 1e-4 or abs(value) >= 1e6):
        return f"{value:.3e}".replace("-", _MINUS)
    decimals = 3 - math.floor(math.log10(abs(value))) if value else 3
    return f"{value:,.{min(max(decimals, 0), 7)}f}".replace("-", _MINUS)


def tick(value: float, step: float) -> str:
    """A number beside an axis whose marks lie `step` apart."""
    if value and (abs(value) < 1e-3 or abs(value) >= 1e6):
        return f"{value:.3g}".replace("e-0", "e-").replace("e+0", "e").replace("-", _MINUS)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9)) if step else 0
    return f"{value:,.{min(decimals, 6)}f}".replace("-", _MINUS)


def duration(seconds: float) -> str:
    """The two largest units: "2 d 3 h", "1 h 5 min", "50 s", "120 ms"."""
    if seconds < 1:
        return f"{1000 * seconds:.3g} ms"
    if seconds < 10:
        return f"{seconds:.2f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (rest, "s")]
    first = next((at for at, (count, _) in enumerate(parts) if count), 3)
    return " ".join(f"{count} {unit}" for count, unit in parts[first : first + 2] if count)


def memory(mebibytes: float) -> str:
    return f"{mebibytes / 1024:.2f} GiB" if mebibytes >= 1024 else f"{mebibytes:.0f} MiB"


def hours(value: float) -> str:
    """Device hours, with as many decimals as say something."""
    return f"{value:,.1f}" if value >= 10 else f"{value:.2g}"


def percent(share: float) -> str:
    """25 %, 97.5 %."""
    return f"{100 * share:.3g} %"
