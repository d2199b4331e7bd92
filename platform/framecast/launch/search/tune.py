"""The search through Ray Tune: proposals in, trials out, as many at once as the machine holds."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from framecast.counting import plural
from framecast.errors import InputError
from framecast.job.compute import Compute
from framecast.job.search import Search
from framecast.launch.hardware import Resources, local_resources, resolve_resources
from framecast.launch.ray_train import in_thread, own_folder, ray_session
from framecast.launch.search.train_trial import train_trial
from framecast.launch.signals import StopSignals
from framecast.plugin.cause import Cause
from framecast.plugin.events import RunFailed, SearchFinished, SearchStarted
from framecast.registry.submissions import note_submission
from framecast.registry.trust import Trust, pass_on
from framecast.runs import layout
from framecast.runs.driver import driver_is_alive
from framecast.runs.repeating import repeating
from framecast.runs.run_folder import RunFolder
from framecast.runs.status import Status
from framecast.search.proposals import Proposer, proposer
from framecast.search.search_folder import SearchFolder
from framecast.search.space import Space
from framecast.search.trial import Trial

MOST_SECONDS_OF_ORPHANS = 60.0
_SECONDS_BETWEEN_LOOKS = 0.5


def run_search(folder: SearchFolder, signals: StopSignals, trust: Trust | None = None) -> SearchFinished | None:
    """Runs a search, or continues it, until all its trials have ended or `signals` stop it; its results are in
    its folder. `trust` lets plugins be imported that the folder names.

    Trials that have ended are never run again. Returns the event that ends the search; None where it was asked to
    stop, in which case the trials that were training have written their checkpoints. Raises InputError where the
    hardware cannot hold one trial.
    """

    def look() -> None:
        signals.begun = signals.begun or any(driver_is_alive(run) for run in trials.running())
        signals.forward(folder)

    space = folder.space(trust)
    proposals = proposer(space)
    trials = _Trials(folder, space, proposals)
    compute = space.example().job.compute
    points = proposals.count or space.combinations or space.search.trials
    total = min(space.search.trials, points)
    with ray_session(folder, compute, local_resources()) as resources:
        trials.settle(resources)
        folder.journal.append(SearchStarted(max(total, len(folder.trials()))))
        with _passing_stops_on(folder, trials):
            _fit(folder, trials, look)
    return None if folder.stop_requested() else trials.finished()


def concurrency(search: Search, compute: Compute, resources: Resources) -> int:
    """How many trials of a definite `compute` the machine holds at once."""
    held = resources.capacity(int(compute.cpus_per_worker), float(compute.gpus_per_worker)) // compute.max_workers
    return max(1, min(held, search.concurrent or held))


class _Trials:
    """The trials of one search: made when Ray Tune asks for the next, judged when one ends."""

    def __init__(self, folder: SearchFolder, space: Space, proposals: Proposer) -> None:
        self.search = space.search
        self._folder, self._space, self._proposals = folder, space, proposals
        left = [trial for trial in folder.trials() if trial.state in ("waiting", "interrupted", "running")]
        for trial in left:
            _outlived(trial)
        self._waiting = [trial.run.path for trial in left]
        self._running: dict[str, Path] = {}
        self._exhausted = False
        self.at_once = 1
        self.epochs = space.example().job.training.epochs
        self.compute: Compute | None = None

    def settle(self, resources: Resources) -> None:
        """Makes the resources of a trial definite."""
        self.compute = resolve_resources(self._space.example(), resources).job.compute
        self.at_once = concurrency(self.search, self.compute, resources)

    def next(self, ray_id: str) -> dict[str, Any] | str | None:
        """The next trial's configuration; "finished" where no trial is left, None where it is too early."""
        if self._folder.stop_requested():
            return None if self._running else "finished"
        if self._waiting:
            return self._configuration(ray_id, self._waiting.pop(0))
        trials = self._folder.trials()
        if len(trials) < self.search.trials and not self._exhausted:
            point = self._proposals.propose(trials)
            if point is not None:
                return self._configuration(ray_id, self._create(len(trials) + 1, 1, point, {}))
            self._exhausted = True
        return None if self._running else "finished"

    def finished(self) -> SearchFinished:
        """What ended the search, when every trial has ended."""
        count, cause = len(self._folder.trials()), Cause.SPACE_EXHAUSTED
        if not self._exhausted and count >= self.search.trials:
            cause = Cause.ALL_TRIALS
            reason = f"all {count} trials" if count > 1 else "its only trial"
        elif self._space.combinations is None:
            reason = f"no point is left to try after {plural(count, 'trial')}"
        else:
            reason = f"all {count} points of the space tried" if count > 1 else "the only point of the space tried"
        return SearchFinished(count, reason, cause)

    def running(self) -> list[RunFolder]:
        """The runs of the trials that are training now."""
        return [RunFolder(path) for path in list(self._running.values())]

    def ended(self, ray_id: str, crashed: bool) -> None:
        """A trial's process is done, or dead. One that failed is tried again, where the job allows it."""
        run_path = self._running.pop(ray_id)
        trial = next(each for each in self._folder.all_trials() if each.run.path == run_path)
        if crashed and trial.state not in ("finished", "stopped", "failed"):
            trial.run.journal.append(_died(trial.run))
            trial = Trial.of(trial.run)
        if trial.state == "failed" and trial.attempt <= self.search.retries:
            changes: dict[str, Any] = {}
            if trial.cause == Cause.OUT_OF_MEMORY:
                accumulate = self._space.plan(trial.point).job.training.accumulate
                changes = {"training.accumulate": accumulate * 2**trial.attempt}
            self._waiting.append(self._create(trial.number, trial.attempt + 1, trial.point, changes))

    def _create(self, number: int, attempt: int, point: dict[str, Any], changes: dict[str, Any]) -> Any:
        own = {**point, **changes, "name": f"trial-{number:04d}"}
        plan = self._space.plan(own)
        assert self.compute is not None, "settled before the first trial"
        plan = plan.on(self.compute)
        job = self._space.document(own).to_yaml()
        run = Trial.create(self._folder.trials_folder, number, attempt, point, job, plan.to_yaml())
        if problem := note_submission(run.path, plan.sources):
            print(f"note: {problem}", file=sys.stderr)
        return run.path

    def _configuration(self, ray_id: str, path: Any) -> dict[str, Any]:
        self._running[ray_id] = path
        return {
            "folder": str(path),
            "plugins": pass_on(path, self._space.sources),
            "metric": self.search.measured[0],
            "scheduler": self.search.scheduler,
        }


def _died(run: RunFolder) -> RunFailed:
    return RunFailed(Status.of(run).step, "its process was killed, or died", Cause.PROCESS_DIED)


@contextmanager
def _passing_stops_on(folder: SearchFolder, trials: _Trials) -> Iterator[None]:
    """While the body runs, a request to stop the search reaches the trials that are training: each writes a
    checkpoint, as a run does."""

    def look() -> None:
        request = folder.stop_requested()
        for run in trials.running() if request is not None else []:
            if request and run.stop_requested() is None:  # one that was just starting has cleared the first one
                run.note_stop(request)

    with repeating(look, _SECONDS_BETWEEN_LOOKS, "stop"):
        yield


def _outlived(trial: Trial) -> None:
    """Waits until the process of a trial is gone whose search was killed. Raises InputError where it stays."""
    until = time.monotonic() + MOST_SECONDS_OF_ORPHANS
    while trial.state == "running" and driver_is_alive(trial.run):
        if time.monotonic() > until:
            raise InputError(
                f"trial {trial.number} of the search still trains, though nobody leads it: {trial.run.path}"
            )
        time.sleep(0.5)


def _fit(folder: SearchFolder, trials: _Trials, look: Callable[[], None]) -> None:
    os.environ.setdefault("TUNE_DISABLE_AUTO_CALLBACK_LOGGERS", "1")  # trials keep their own records
    os.environ.setdefault(
        "TUNE_DISABLE_STRICT_METRIC_CHECKING", "1"
    )  # one that failed early has nothing to report
    from ray import tune
    from ray.tune.search import Searcher

    class Proposals(Searcher):
        """Ray Tune's view of the proposals."""

        def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
            configuration = trials.next(trial_id)
            return Searcher.FINISHED if configuration == "finished" else configuration

        def on_trial_complete(
            self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
        ) -> None:
            trials.ended(trial_id, error)

        def save(self, checkpoint_path: str) -> None:
            """Nothing: proposals follow from the trials in the folder."""

        def restore(self, checkpoint_path: str) -> None:
            """Nothing, likewise."""

    compute, mode = trials.compute, trials.search.objectives[trials.search.measured[0]]
    assert compute is not None, "settled before"
    own = compute.max_workers == 1
    needs: dict[str, float] = {"memory": 1e6}  # workers of its own have the cores; Tune wants it to need something
    if own:
        needs = {"CPU": float(compute.cpus_per_worker), "GPU": float(compute.gpus_per_worker)}
    with own_folder(folder.logs, layout.TUNE, folder.path) as place:
        tuner = tune.Tuner(
            tune.with_resources(train_trial, needs),
            tune_config=tune.TuneConfig(
                metric="objective",
                mode=mode,
                search_alg=Proposals(metric="objective", mode=mode),
                scheduler=_scheduler(trials.search, trials.epochs),
                num_samples=-1,
                max_concurrent_trials=trials.at_once,
                reuse_actors=own,
            ),
            run_config=tune.RunConfig(name=place.name, storage_path=str(folder.logs), verbose=0),
        )
        in_thread(tuner.fit, look)


def _scheduler(search: Search, epochs: int) -> Any:
    from ray.tune.schedulers import ASHAScheduler, FIFOScheduler, MedianStoppingRule

    if search.scheduler == "asha":
        return ASHAScheduler(
            time_attr="epoch",
            grace_period=search.grace_epochs,
            reduction_factor=search.reduction,
            max_t=epochs + 1,  # a trial that reaches its last epoch ends by itself
        )
    if search.scheduler == "median":
        return MedianStoppingRule(time_attr="epoch", grace_period=search.grace_epochs, min_samples_required=3)
    return FIFOScheduler()
