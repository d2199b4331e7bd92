"""What is drawn of a run's events: smoothed, thinned out and grouped without losing what matters."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from framecast.plugin.events import StepDone
from framecast.plugin.logged_value import LoggedValue
from framecast.report.curves import grouped, horizon_curve, logged_panel, smoothed, thinned_out
from framecast.report.horizon import Horizon
from framecast.report.palette import MODEL, baseline_looks, compared, in_words
from framecast.report.step_parts import step_parts


def step(number: int, **parts: float) -> StepDone:
    return StepDone(number, 0, 1.0, None, 0.1, None, False, parts.pop("seconds", 1.0), {}, **parts)


def test_a_running_mean_is_that_of_the_last_twentieth() -> None:
    points = [(float(x), float(x)) for x in range(40)]
    assert smoothed(points)[:2] == [(0.0, 0.0), (1.0, 0.5)]
    assert smoothed(points)[-1] == (39.0, 38.5)


def test_a_few_points_are_all_drawn() -> None:
    points = [(float(x), 1.0) for x in range(400)]
    assert thinned_out(points) == points


@given(st.integers(401, 3000), st.integers(0, 400))
def test_of_many_points_the_extremes_survive_in_order(count: int, peak: int) -> None:
    points = [(float(x), 9.0 if x == peak else float(x % 3)) for x in range(count)]
    kept = thinned_out(points)
    assert len(kept) <= 400
    assert (peak, 9.0) in kept
    assert list(kept) == sorted(kept)


@given(st.integers(1, 500), st.integers(1, 60))
def test_groups_hold_every_step_once(count: int, most: int) -> None:
    steps = [step(number) for number in range(count)]
    groups = list(grouped(steps, most))
    assert [each for group in groups for each in group] == steps
    assert len(groups) <= most
    assert max(map(len, groups)) - min(map(len, groups)) <= 1


def test_a_steps_time_is_split_and_waiting_for_data_comes_on_top() -> None:
    steps = [
        step(1, seconds=1.0, forward=0.3, backward=0.5, data_wait=0.2),
        step(2, seconds=3.0, forward=0.5, backward=1.5, data_wait=0.0),
    ]
    parts = {name: round(seconds, 6) for name, seconds in step_parts(steps).items()}
    assert parts == {"data": 0.1, "forward": 0.4, "backward": 1.0, "other": 0.6}


def test_a_metric_that_knows_no_frames_has_no_curve_over_them() -> None:
    assert horizon_curve("odd", "", {"model": []}, {"model": MODEL}, Horizon("predicted frame")) == []


def test_trained_models_never_look_like_baselines() -> None:
    models = [compared(order) for order in range(15)]
    assert len(set(models)) == 15
    looks = baseline_looks([f"baseline_{number}" for number in range(5)])
    assert len(set(looks.values())) == 5
    assert not set(looks.values()) & set(models)


def test_a_baseline_keeps_its_look_where_another_is_left_out() -> None:
    declared = ("zeros", "last_seen")
    assert baseline_looks(["last_seen"], declared)["last_seen"] == baseline_looks(declared)["last_seen"]
    assert baseline_looks(["unheard_of", "zeros"], declared)["zeros"] == baseline_looks(declared)["zeros"]


def test_a_baseline_is_named_in_words() -> None:
    assert in_words("last_seen") == "last seen"


def test_a_logged_value_is_drawn_on_the_axis_that_it_declares() -> None:
    share = logged_panel(LoggedValue("blur_strength", share=True), [(1, 0.2), (2, 0.2)])
    assert (share.title, share.reach, share.from_zero, share.log) == ("blur strength", (0.0, 1.0), True, False)
    residue = logged_panel(LoggedValue("residue", "what is left", "px", "of all", scale="log"), [(1, 1e-3)])
    assert (residue.title, residue.note, residue.from_zero, residue.log) == (
        "what is left",
        "px, of all",
        False,
        True,
    )


def test_the_axis_of_a_logged_value_below_zero_does_not_begin_there() -> None:
    assert not logged_panel(LoggedValue("bound"), [(1, -3.0), (2, 4.0)]).from_zero
    assert logged_panel(LoggedValue("bound"), [(1, float("nan")), (2, 4.0)]).from_zero
