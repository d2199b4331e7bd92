"""What a job may not set of video prediction."""

import pytest
from pydantic import ValidationError

from framecast_video_prediction.settings import ScheduledSampling, VideoPredictionSettings


@pytest.mark.parametrize(
    "wrong",
    [
        {"ratio": 1.1},
        {"ratio": -0.1},
        {"patience": -1},
        {"fall": 2.0},
        {"learning_rate_factor": 0.0},
        {"learning_rate_factor": 1.5},
        {"learning_rate_every": 0},
        {"rate": 1.0},
    ],
)
def test_a_wrong_curriculum_is_refused_by_name(wrong):
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        ScheduledSampling(**wrong)


@pytest.mark.parametrize("wrong", [{"frames_in": 0}, {"frames_out": 0}, {"frames_out": 2.5}, {"frames": 20}])
def test_wrong_lengths_are_refused_by_name(wrong):
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        VideoPredictionSettings(**wrong)


def test_the_defaults_are_the_papers_original_curriculum():
    settings = VideoPredictionSettings()

    assert (settings.frames_in, settings.frames_out) == (10, 10)
    assert settings.sampling.model_dump() == {
        "ratio": 1.0,
        "patience": 20,
        "not_before": 0,
        "fall": 4e-3,
        "learning_rate_not_before": 0,
        "learning_rate_factor": 0.98,
        "learning_rate_every": 5,
    }
