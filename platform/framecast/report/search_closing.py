"""The closing block of a search: how its trials ended, the best one, and the next commands."""

from __future__ import annotations

from framecast.command_line import command, shown
from framecast.search.results import Results
from framecast.search.search_folder import SearchFolder

_ENDED = ("finished", "stopped", "failed")


def unfinished(results: Results) -> bool:
    """Whether trials are left that a resumed search would go on with."""
    return sum(results.states.get(state, 0) for state in _ENDED) < len(results.trials)


def closing(folder: SearchFolder, results: Results, interrupted: bool) -> str:
    """A few lines for the end of a search."""
    states = ", ".join(f"{count} {state}" for state, count in results.states.items())
    lines = [f"{len(results.trials)} trials: {states}"]
    if results.ranked:
        best = results.ranked[0]
        scores = zip(results.search.objectives, best.objectives(results.search) or (), strict=True)
        point = ", ".join(f"{key}={value}" for key, value in best.point.items())
        told = ", ".join(f"{name} {value:.5g}" for name, value in scores)
        lines.append(f"best: trial {best.number} ({point}): {told}")
    more = [command("submit", "--from", f"{folder.id}#best"), command("extend", folder.id, "--trials", 10)]
    follow = [command("resume", folder.id)] if interrupted else more
    commands = [command("results", folder.id), *follow]
    return "\n".join(
        [*lines, f"report: {shown(folder.report)}", "next:", *(f"  {command}" for command in commands)]
    )
