"""The progress line of a run, as wide as the terminal is: what matters least is left out first."""

from __future__ import annotations

from rich.console import Console
from rich.progress import ProgressColumn, Task
from rich.text import Text

from framecast.plain_text import one_line

_WIDEST_BAR, _NARROWEST_BAR = 24, 6
_SPINNER = 2


class ProgressLine(ProgressColumn):
    """Phase or epoch, bar, steps, loss, pace and time left. Without a total: the phase and its seconds."""

    max_refresh = None

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console

    def render(self, task: Task) -> Text:
        room = self._console.width - _SPINNER
        name = one_line(task.description)
        if task.total is None:
            return _line([f"{name} …", f"{task.elapsed or 0:.0f} s"], room)
        steps = f"step {task.completed:,.0f} of {task.total:,.0f}"
        left = "" if task.time_remaining is None else f"{_clock(task.time_remaining)} left"
        parts = [name, steps, str(task.fields["loss"]), left, str(task.fields["pace"])]
        parts = [part for part in parts if part]
        while len("  ".join(parts)) > room and len(parts) > 2:
            parts.pop()
        bar = min(_WIDEST_BAR, room - len("  ".join(parts)) - 2)
        if bar < _NARROWEST_BAR:
            return _line(parts, room)
        done = round(bar * min(1.0, task.completed / task.total)) if task.total else 0
        line = Text(f"{parts[0]}  ")
        line.append("━" * done, "bar.complete")
        line.append("━" * (bar - done), "bar.back")
        return line.append("".join(f"  {part}" for part in parts[1:]))


def _line(parts: list[str], room: int) -> Text:
    line = Text("  ".join(parts), no_wrap=True)
    line.truncate(room, overflow="ellipsis")
    return line


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
