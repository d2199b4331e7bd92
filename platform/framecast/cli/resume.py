"""`platform resume RUN`: goes on from the run's last checkpoint."""

from __future__ import annotations

from framecast.cli.options import InProcess, Overrides, Run, Runs
from framecast.errors import InputError


def resume(run: Run, overrides: Overrides = None, in_process: InProcess = False, runs: Runs = None) -> None:
    """Go on with a run or a search, in place.

    Settings may change on the way: platform resume demo training.epochs=20
    """
    from framecast.cli.attended import attend
    from framecast.cli.attended_search import attend_search
    from framecast.launch.launch import resumed_plan
    from framecast.runs.folder import RunFolder, runs_root
    from framecast.search.search_folder import SearchFolder

    search = SearchFolder.named(run, runs_root(runs))
    if search is not None:
        if overrides:
            raise InputError("a search is resumed as it is; platform extend changes its search.* settings")
        attend_search(search)
        return
    folder = RunFolder.find(run, runs_root(runs))
    attend(resumed_plan(folder, overrides or []), folder, in_process)
