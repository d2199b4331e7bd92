"""A run ends when its score has not improved for longer than patience bears."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

import framecast
from framecast.plugin import events
from framecast.runs.run_folder import RunFolder
from framecast_early_stopping import framecast_callbacks
from tests.made_events import evaluated, started

(CALLBACK,) = framecast_callbacks()
DIRECTIONS: dict[str, framecast.Direction] = {
    "validation/loss": "min",
    "validation/mse": "min",
    "validation/ssim": "max",
    "validation/psnr": "max",
}


class Watch:
    """Early stopping in a run that hands it events one by one."""

    def __init__(self, earlier: Sequence[events.Event] = (), **settings: Any) -> None:
        self.context = framecast.RunContext(
            Path("run"), directions=DIRECTIONS, name="early_stopping", read_events=lambda: earlier
        )
        self.callback = CALLBACK.build(CALLBACK.settings(**settings), self.context)

    def __call__(self, event: events.Event) -> str | None:
        """The reason to stop that it has given so far."""
        self.callback(event, self.context)
        return self.context.requests.stop


def watch(**settings: Any) -> Watch:
    listener = Watch(**settings)
    listener(started())
    return listener


def stopped_at(listener: Watch, metric: str, values: list[float]) -> int | None:
    """The number of the evaluation, from 1, that ended the run."""
    for number, value in enumerate(values, start=1):
        values_now: dict[str, Any] = {metric: value}
        if listener(evaluated(number, **values_now)):
            return number
    return None


def test_it_stops_when_patience_is_at_its_end_and_says_why() -> None:
    listener = watch(patience=2)
    assert stopped_at(listener, "loss", [0.5, 0.4, 0.4, 0.45]) is None
    reason = listener(evaluated(5, loss=0.41))
    assert reason == "early_stopping: validation/loss has not improved on 0.4 in 3 evaluations"


def test_a_better_score_restores_patience() -> None:
    assert stopped_at(watch(patience=1), "loss", [0.5, 0.6, 0.4, 0.5, 0.3, 0.4, 0.4]) == 7


def test_without_patience_the_first_that_is_not_better_ends_it() -> None:
    assert stopped_at(watch(patience=0), "loss", [0.5, 0.4, 0.4]) == 3


def test_min_delta_is_what_counts_as_better() -> None:
    values = [0.50, 0.49, 0.48, 0.47]
    assert stopped_at(watch(patience=1, min_delta=0.05), "loss", values) == 3
    assert stopped_at(watch(patience=1), "loss", values) is None


@pytest.mark.parametrize(("metric", "better"), [("ssim", "max"), ("psnr", "max"), ("mse", "min"), ("loss", "min")])
def test_which_way_is_better_is_the_metrics_own_direction(metric: str, better: str) -> None:
    rising, falling = [0.1, 0.2, 0.3], [0.3, 0.2, 0.1]
    good, bad = (rising, falling) if better == "max" else (falling, rising)
    settings = {"patience": 0, "monitor": f"validation/{metric}"}
    assert stopped_at(watch(**settings), metric, good) is None
    assert stopped_at(watch(**settings), metric, bad) == 2


def test_a_mode_of_ones_own_goes_before_the_metrics() -> None:
    listener = watch(patience=0, monitor="validation/ssim", mode="min")
    assert stopped_at(listener, "ssim", [0.3, 0.2, 0.1]) is None


def test_a_score_that_is_not_a_number_is_not_better() -> None:
    assert stopped_at(watch(patience=1), "loss", [0.5, float("nan"), float("nan")]) == 3


def test_baselines_do_not_count() -> None:
    listener = watch(patience=0)
    assert listener(evaluated(1, loss=0.5)) is None
    assert listener(evaluated(1, "black", loss=0.9)) is None


def test_a_score_that_is_not_measured_is_reported() -> None:
    with pytest.raises(framecast.InputError, match=r"validation/sssim is not measured, did you mean"):
        watch(monitor="validation/sssim")(evaluated(1, ssim=0.5))


def test_a_resumed_run_counts_on_from_where_it_was_restored() -> None:
    earlier = [evaluated(1, loss=0.5), evaluated(2, loss=0.6), evaluated(3, loss=0.1)]
    resumed = Watch(earlier, patience=1)
    resumed(started(step=2, attempt=2))  # the third evaluation is overtaken: its 0.1 was never reached
    reason = resumed(evaluated(3, loss=0.55))
    assert reason == "early_stopping: validation/loss has not improved on 0.5 in 2 evaluations"


def test_a_real_run_ends_early(tiny_job: Callable[..., dict[str, Any]], runs: Path) -> None:
    """No score can get better by 1000."""
    stopping = {"name": "early_stopping", "monitor": "validation/ssim", "patience": 1, "min_delta": 1000.0}
    result = framecast.run(tiny_job(callbacks=[stopping], training={"epochs": 9}), in_process=True)
    happened = RunFolder(result.folder).journal.read()
    (ended,) = [event for event in happened if isinstance(event, events.RunFinished)]
    assert ended.reason.startswith("early_stopping: validation/ssim has not improved")
    assert ended.reason.endswith("in 2 evaluations")
    assert ended.step < 9 * 6
