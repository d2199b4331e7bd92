"""The last lines of a search: how its trials ended, the best one, and the next commands."""

from __future__ import annotations

from framecast.command_line import command
from framecast.counting import plural
from framecast.report.numbers import duration
from framecast.report.run_summary import name_here, report_line
from framecast.search.search_status import SearchStatus


def search_summary(status: SearchStatus) -> str:
    """For the end of `platform submit`, `resume` and `extend`."""
    return "\n".join(
        [
            f"{status.state} ({status.reason})" if status.state == "finished" else _headline(status),
            *summary(status),
            report_line(status.folder),
            "next:",
            *(f"  {command}" for command in next_commands(status)),
        ]
    )


def summary(status: SearchStatus) -> list[str]:
    """Its trials, its best one, and its time."""
    states = ", ".join(f"{count} {state}" for state, count in status.results.states.items())
    count = len(status.results.trials)
    of = "" if status.state == "finished" or status.total == count else f" of {status.total}"
    done = f"{count} of {plural(status.total, 'trial')}" if of else plural(count, "trial")
    lines = [f"{done}: {states or 'none yet'}"]
    if status.best:
        point = ", ".join(f"{key}={value}" for key, value in status.best.point.items())
        scores = ", ".join(f"{name} {value:.5g}" for name, value in status.best_scores.items())
        lines.append(f"best: trial {status.best.number} ({point}): {scores}")
    if status.seconds:
        lines.append(f"time: {duration(status.seconds)}")
    return lines


def next_commands(status: SearchStatus) -> list[str]:
    """Commands that make sense now, ready to be copied."""
    name = name_here(status.folder)
    best = f"{name}#best"
    show = command("results", name)
    if status.state == "failed":
        return [command("logs", name), command("resume", name)]
    if status.state != "finished":
        return [show, command("resume", name)]
    if not status.best:
        return [show, command("logs", name)]
    return [show, command("evaluate", best), command("submit", "--from", best)]


def _headline(status: SearchStatus) -> str:
    return f"{status.state} after {status.ended} of {status.total} trials: {status.reason}"
