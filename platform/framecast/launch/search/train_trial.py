"""What a trial's process does: trains one run, tells Ray Tune of each evaluation, and notes how it ended."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from framecast.job.load import read_plan
from framecast.job.plan import Plan
from framecast.launch.capture_output import redirect_output
from framecast.launch.processes import alone
from framecast.launch.worker import note_failure, train_on_workers
from framecast.plugin.cause import Cause
from framecast.plugin.events import Evaluated, Event, RunInterrupted
from framecast.registry.trust import Trust
from framecast.runs import layout
from framecast.runs.driver import heartbeat
from framecast.runs.run_folder import RunFolder
from framecast.runs.status import Status
from framecast.runs.stop_request import StopRequest
from framecast.runs.stopping import clear_stop, request_stop


def train_trial(config: dict[str, Any]) -> None:
    """Trains the run in `config["folder"]`; `config["metric"]` is what the scheduler looks at, `config["plugins"]`
    those that the search's driver has imported.

    One worker trains in this very process, which saves a second start-up; more are started by Ray Train. Whatever
    goes wrong is noted in the run, and is no failure of the search.
    """
    from ray import tune

    run = RunFolder(Path(config["folder"]))
    redirect_output(run.logs / layout.TRIAL_LOG)
    clear_stop(run)
    plan = read_plan(run.plan, trust=Trust.passed_on(run.path, config["plugins"]))

    def tell(event: Event) -> None:
        if isinstance(event, Evaluated) and event.name == "model":
            value = event.metrics.get(config["metric"], float("nan"))
            tune.report({"epoch": event.epoch, "objective": value})  # raises SystemExit where the trial is to stop

    try:
        with heartbeat(run):
            if plan.job.compute.max_workers == 1:
                from framecast.engine.train import train

                train(plan, run, alone(plan.job.compute), tell)
            else:
                _train_on_workers(plan, run, tell)
    except SystemExit:
        epoch = max((event.epoch for event in run.journal.read() if isinstance(event, Evaluated)), default=0)
        if Status.of(run).state != "interrupted":
            run.journal.append(
                RunInterrupted(
                    Status.of(run).step,
                    f"stopped early by {config['scheduler']} at epoch {epoch}",
                    Cause.SCHEDULER,
                )
            )
        raise
    except Exception as error:
        if Status.of(run).state != "failed":  # a worker that refuses the job has noted it
            note_failure(run, error)
    finally:
        print(end="", flush=True)


def _train_on_workers(plan: Plan, run: RunFolder, tell: Any) -> None:
    """Through Ray Train, while this thread passes its evaluations on."""
    raised: list[Exception] = []
    done = threading.Event()

    def work() -> None:
        try:
            train_on_workers(run, plan)
        except Exception as error:
            raised.append(error)
        finally:
            done.set()

    events = run.journal.follow(done.is_set)
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        for event in events:
            tell(event)
    except SystemExit:
        request_stop(run, StopRequest(Cause.SCHEDULER, "stopped early by the scheduler"))
        thread.join()
        raise
    thread.join()
    if raised:
        raise raised[0]
