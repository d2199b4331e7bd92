"""`platform resume RUN`: continues from the run's last checkpoint."""

from __future__ import annotations

from framecast.cli.options import Detach, InProcess, Overrides, Run, Runs, Trust
from framecast.command_line import command
from framecast.errors import InputError
from framecast.runs import layout


def resume(
    run: Run,
    overrides: Overrides = None,
    in_process: InProcess = False,
    runs: Runs = None,
    detach: Detach = False,
    trust: Trust = False,
) -> None:
    """Continue a run or a search from its last checkpoint, where it is.

    platform resume demo training.epochs=20

    Settings may change with it.
    """
    from framecast.cli.foreground import run_in_background, run_in_foreground
    from framecast.cli.foreground_search import run_search_in_foreground
    from framecast.cli.remote import known_run, watch
    from framecast.cluster.chosen_address import confirm_overrides
    from framecast.launch.launch import resumed_plan
    from framecast.launch.search.launch import validate_resumable
    from framecast.registry.trust import Trust as TrustedFolder
    from framecast.runs.mirror import refresh
    from framecast.runs.roots import runs_root
    from framecast.runs.run_folder import RunFolder
    from framecast.search.find import find, is_trial

    named = known_run(run, runs)
    if named and named.remote:
        from framecast.cluster.send import send_resume

        watch(send_resume(named.remote, [*(overrides or []), *(["--trust"] if trust else [])]), detach)
        return
    found = find(run, runs_root(runs))
    if search := found.search:
        if overrides:
            raise InputError("a search is resumed as it is; platform extend changes its search.* settings")
        trusted = TrustedFolder.in_folder(search.path, trust)
        validate_resumable(search, trusted)
        if detach:
            run_in_background(search, [])
        else:
            run_search_in_foreground(search, trusted)
        return
    folder = found.job_folder
    assert isinstance(folder, RunFolder), "a search is resumed above"
    if is_trial(folder):
        name = folder.path.parent.parent.name
        raise InputError(
            f"{folder.id} is a trial: `{command('resume', name)}` continues its search, and "
            f"`{command('submit', '--from', f'{name}#{layout.trial_number(folder.id)}')}` trains it alone"
        )
    refresh(folder)
    confirm_overrides(overrides or [])
    plan = resumed_plan(folder, overrides or [], trust)
    if detach:
        run_in_background(folder, [*(overrides or []), *(["--in-process"] if in_process else [])])
    else:
        run_in_foreground(plan, folder, in_process, new=False)
