"""`platform resume RUN`: goes on from the run's last checkpoint."""

from __future__ import annotations

from framecast.cli.options import InProcess, Overrides, Run, Runs


def resume(run: Run, overrides: Overrides = None, in_process: InProcess = False, runs: Runs = None) -> None:
    """Go on with a run from its last checkpoint, in place.

    Settings may change on the way: platform resume demo training.epochs=20
    """
    from framecast.cli.attended import attend
    from framecast.launch.launch import resumed_plan
    from framecast.runs.folder import RunFolder, runs_root

    folder = RunFolder.find(run, runs_root(runs))
    attend(resumed_plan(folder, overrides or []), folder, in_process)
