"""What a job can set of early activity recognition, and what is refused with numbers."""

import pytest
from pydantic import ValidationError

from framecast_activity_recognition import framecast_tasks
from framecast_activity_recognition.settings import EarlyActivityRecognitionSettings as Settings

(DECLARED,) = framecast_tasks()


def refusal(**given):
    with pytest.raises(ValidationError) as refused:
        Settings(**given)
    return str(refused.value)


def test_the_papers_readings_are_the_default():
    settings = Settings()
    assert DECLARED.readings(settings) == (0.25, 0.5)
    assert (DECLARED.frames(settings), settings.frames_in, settings.frames_out) == (20, 10, 10)


@pytest.mark.parametrize(
    ("frames", "share", "seen"),
    [(20, 0.25, 5), (20, 0.26, 6), (7, 0.5, 4), (16, 1.0, 16), (10, 0.01, 1), (20, 0.55, 11)],
)
def test_the_model_sees_all_that_lies_before_the_last_share(frames, share, seen):
    assert Settings(frames=frames, observed=[share], frames_out=0).frames_in == seen


def test_shares_that_do_not_grow_are_refused():
    assert "observed shares grow from one to the next, got [0.5, 0.25]" in refusal(observed=[0.5, 0.25])
    assert "observed shares grow" in refusal(observed=[0.25, 0.25])


def test_shares_that_see_the_same_frames_are_refused():
    said = refusal(frames=4, observed=[0.1, 0.2, 0.5], frames_out=0)
    assert "observed shares 0.1 and 0.2 both end after 1 of 4 frames" in said


@pytest.mark.parametrize("share", [0, -0.1, 1.01])
def test_a_share_lies_within_the_clip(share):
    refusal(observed=[share])


def test_frames_that_the_clip_does_not_hold_cannot_be_predicted():
    said = refusal(frames=20, observed=[0.5], frames_out=11)
    assert "frames_out (11) is more than the 10 of 20 frames that follow the 10 seen at 0.5 of the clip" in said
    assert "frames_out (1) is more than the 0 of 20 frames" in refusal(observed=[1.0], frames_out=1)


def test_something_has_to_be_learned():
    assert "nothing would be learned" in refusal(classification_weight=0, prediction_weight=0)
