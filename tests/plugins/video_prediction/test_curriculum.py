"""The curriculum, walked through epoch by epoch."""

import json
from typing import Any

import pytest

from framecast_video_prediction.curriculum import Curriculum
from framecast_video_prediction.settings import ScheduledSampling

ORIGINAL = ScheduledSampling()
OPTIMISED = ScheduledSampling(variant="optimised")
BRISK: dict[str, Any] = {"patience": 2, "fall": 0.1, "learning_rate_factor": 0.5, "learning_rate_every": 3}


def walk(curriculum, losses, first_epoch=1):
    """(ratio, learning-rate factor) by epoch, after one evaluation with each of `losses`."""
    seen = {}
    for epoch, loss in enumerate(losses, first_epoch):
        curriculum.after_evaluation(loss, epoch)
        seen[epoch] = (pytest.approx(curriculum.ratio), pytest.approx(curriculum.learning_rate_factor))
    return seen


def test_before_any_epoch_all_is_as_set():
    curriculum = Curriculum(ScheduledSampling(ratio=0.7))

    assert (curriculum.ratio, curriculum.learning_rate_factor) == (0.7, 1.0)


def test_nothing_moves_while_the_loss_gets_better():
    seen = walk(Curriculum(ORIGINAL), [1 / epoch for epoch in range(1, 101)])

    assert all(state == (1.0, 1.0) for state in seen.values())


@pytest.mark.parametrize(("settings", "fall"), [(ORIGINAL, 0.004), (OPTIMISED, 0.002)])
def test_both_variants_of_the_paper_epoch_by_epoch(settings, fall):
    # the loss gets better until epoch 3 and never again
    seen = walk(Curriculum(settings), [0.3, 0.2, 0.1] + [0.1] * 60)

    assert seen[22] == (1, 1)
    assert seen[23] == (1 - fall, 1)  # the best is 20 epochs old: the ratio starts to fall
    assert seen[24] == (1 - 2 * fall, 1)
    assert seen[42] == (1 - 20 * fall, 1)
    assert seen[43] == (1 - 21 * fall, 0.98)  # and 20 more: the learning rate as well
    assert seen[44] == (1 - 22 * fall, 0.98)
    assert seen[47] == (1 - 25 * fall, 0.98)
    assert seen[48] == (1 - 26 * fall, 0.98**2)  # every 5 epochs
    assert seen[53] == (1 - 31 * fall, 0.98**3)


def test_a_loss_that_never_gets_better_starts_both_variants_after_epoch_21():
    # the first loss is the best, and 20 epochs old after epoch 21
    for settings in (ORIGINAL, OPTIMISED):
        seen = walk(Curriculum(settings), [0.5] * 21)

        assert [seen[epoch][0] == 1 for epoch in (1, 20, 21)] == [True, True, False]


def test_an_impatient_optimised_curriculum_still_waits_until_epoch_20_is_past():
    seen = walk(Curriculum(ScheduledSampling(variant="optimised", patience=2)), [0.5] * 42)

    assert seen[20] == (1, 1)
    assert seen[21] == (1 - 0.002, 1)
    assert seen[40] == (1 - 20 * 0.002, 1)
    assert seen[41] == (1 - 21 * 0.002, 0.98)  # 20 epochs after the ratio, not 2


def test_a_better_loss_puts_off_the_fall_of_the_ratio():
    seen = walk(Curriculum(ScheduledSampling(**BRISK)), [0.5, 0.5, 0.4, 0.4, 0.4])

    assert [ratio for ratio, _ in seen.values()] == [1, 1, 1, 1, 0.9]


def test_once_it_falls_the_ratio_falls_on_though_the_loss_gets_better():
    seen = walk(Curriculum(ScheduledSampling(**BRISK)), [0.5, 0.5, 0.5, 0.4, 0.3, 0.2])

    assert [ratio for ratio, _ in seen.values()] == [1, 1, 0.9, 0.8, 0.7, 0.6]


def test_a_better_loss_puts_off_the_fall_of_the_learning_rate():
    # the ratio falls from epoch 3; the best of epoch 4 is two epochs old after epoch 6
    seen = walk(Curriculum(ScheduledSampling(**BRISK)), [0.5, 0.5, 0.5, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4])

    assert [factor for _, factor in seen.values()] == [1, 1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25]


def test_an_equal_loss_is_not_a_better_one():
    assert walk(Curriculum(ScheduledSampling(**BRISK)), [0.5] * 3)[3] == (0.9, 1)


def test_the_ratio_first_falls_after_a_later_epoch_than_not_before():
    seen = walk(Curriculum(ScheduledSampling(**BRISK, not_before=5)), [0.5] * 7)

    assert [ratio for ratio, _ in seen.values()] == [1, 1, 1, 1, 1, 0.9, 0.8]


def test_the_learning_rate_never_falls_before_the_ratio_has_fallen_for_long_enough():
    seen = walk(Curriculum(ScheduledSampling(**BRISK, learning_rate_not_before=4)), [0.5] * 8)

    # the ratio falls from epoch 3 on
    assert [factor for _, factor in seen.values()] == [1, 1, 1, 1, 1, 1, 0.5, 0.5]


def test_the_ratio_ends_at_zero():
    seen = walk(Curriculum(ScheduledSampling(patience=1, fall=0.4)), [0.5] * 6)

    assert [ratio for ratio, _ in seen.values()] == [1, 0.6, 0.2, 0, 0, 0]


def test_epochs_without_an_evaluation_count_as_well():
    curriculum = Curriculum(ScheduledSampling(**BRISK))
    seen: dict[int, Any] = {}
    for epoch in (2, 4, 6, 8, 10, 12):
        curriculum.after_evaluation(0.5, epoch)
        seen[epoch] = (pytest.approx(curriculum.ratio), curriculum.learning_rate_factor)

    assert seen == {
        2: (1, 1),
        4: (0.9, 1),  # the ratio falls for the first time, from now on by two epochs each time
        6: (0.7, 0.5),  # and the learning rate: every 3 epochs it would be due after 9 and 12
        8: (0.5, 0.5),
        10: (0.3, 0.25),
        12: (0.1, 0.125),
    }


def test_a_second_evaluation_of_one_epoch_moves_nothing():
    # a run that stops within an epoch is evaluated once more
    curriculum = Curriculum(ScheduledSampling(**BRISK))
    walk(curriculum, [0.5] * 6)
    before = curriculum.state_dict()
    curriculum.after_evaluation(0.5, 6)

    assert curriculum.state_dict() == before


@pytest.mark.parametrize("settings", [ORIGINAL, OPTIMISED, ScheduledSampling(**BRISK)])
@pytest.mark.parametrize("stop", [0, 1, 10, 23, 24, 43, 46])
def test_a_curriculum_restored_midway_continues_as_if_never_stopped(settings, stop):
    losses = [0.3, 0.2, 0.1] + [0.1] * 60
    straight, resumed = Curriculum(settings), Curriculum(settings)
    walk(straight, losses[:stop])
    resumed.load_state_dict(json.loads(json.dumps(straight.state_dict())))  # plain numbers, as in a checkpoint

    for epoch, loss in enumerate(losses[stop:], stop + 1):
        straight.after_evaluation(loss, epoch)
        resumed.after_evaluation(loss, epoch)
        assert resumed.state_dict() == straight.state_dict()
    assert straight.learning_rate_factor < 1  # it went through all of its phases


@pytest.mark.parametrize("state", [{"settings": None}, {"after_evaluation": 1}, {"ratio": "1"}, {"ratio": [1.0]}])
def test_what_is_no_state_of_a_curriculum_is_refused(state: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="a curriculum's state has the numbers ratio"):
        Curriculum(ScheduledSampling()).load_state_dict(state)
