"""How far an evaluation is: a line that says how much there is to do, and a bar on a terminal."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO

from framecast.counting import plural
from framecast.runs.limits import duration

_SECONDS_TO_ESTIMATE = 3.0


@contextmanager
def evaluation_progress(
    models: int, silent: bool, counts: Callable[[], tuple[int, int]], terminal: IO[str]
) -> Iterator[None]:
    """Shows on `terminal` what the workers tell (clips done by any model, and all there are) while the body runs.

    `models` counts the baselines too; `silent` leaves out all but the bar. An interruption is
    passed on, after a line that says what is lost.
    """
    from framecast.report.rich_console import console_on, progress_on

    over = threading.Event()
    with progress_on(console_on(terminal)) as progress:
        bar = progress.add_task("evaluating", total=None)

        def follow() -> None:
            began, estimated = None, silent
            while not over.wait(0.2):
                done, total = counts()
                progress.update(bar, completed=done, total=total or None)
                if total and began is None:
                    began = time.monotonic() - 0.2
                if done and began and not estimated and time.monotonic() - began >= _SECONDS_TO_ESTIMATE:
                    left = (time.monotonic() - began) * (total - done) / done
                    each = f", each by {plural(models, 'model')}" if models > 1 else ""
                    clips = f"{plural(total // models, 'clip')}{each}"
                    progress.console.print(
                        f"scoring {clips}: about {duration(left / 3600)} to go", highlight=False
                    )
                    estimated = True

        thread = threading.Thread(target=follow, daemon=True)
        thread.start()
        try:
            yield
        except KeyboardInterrupt:
            done, total = counts()
            if not silent:
                progress.console.print(f"stopped after {done:,} of {plural(total, 'score')}; none are kept")
            raise
        finally:
            over.set()
            thread.join()
