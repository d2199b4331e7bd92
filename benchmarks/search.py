"""What a trial costs beside its training, over jobs/search_demo.yaml. Target: at most 12 s on 2 cores."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

from measure import REPOSITORY, run

from framecast.plugin.events import Evaluated, RunStarted, StepDone
from framecast.search.results import Results
from framecast.search.search_folder import SearchFolder
from framecast.search.trial import Trial


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        began = time.time()
        run(["-m", "framecast", "submit", str(Path(REPOSITORY) / "jobs" / "search_demo.yaml"), "--runs", folder])
        tell(SearchFolder.all(Path(folder))[0], time.time() - began)


def tell(folder: SearchFolder, seconds: float) -> None:
    """The table of one search that has ended."""
    trials = Results.of(folder).trials
    own = [overhead(trial) for trial in trials]
    trained = sum(trial.seconds for trial in trials)
    print("\n| search_demo | trials | stopped early | whole | training | beside training, a trial | target |")
    print("|---|---|---|---|---|---|---|")
    stopped = Results.of(folder).states.get("stopped", 0)
    beside = f"{statistics.median(own):.1f} s (first two {max(own[:2]):.1f} s)"
    whole = f"{seconds:.0f} s | {trained:.0f} s"
    print(f"| 2 at once on 2 cores | {len(trials)} | {stopped} | {whole} | {beside} | 12 s |")


def overhead(trial: Trial) -> float:
    """Seconds from the making of a trial's folder to its last event, less its steps and evaluations."""
    made = (trial.run.path / "trial.json").stat().st_mtime
    events = trial.run.journal.raw()
    worked = sum(event.seconds for event in events if isinstance(event, StepDone | Evaluated))
    assert isinstance(events[0], RunStarted)
    return events[-1].time - made - worked


if __name__ == "__main__":
    if len(sys.argv) > 1:
        tell(SearchFolder(Path(sys.argv[1])), float("nan"))
    else:
        main()
