"""What a job may not set of video prediction."""

from typing import Any

import pytest
from pydantic import ValidationError

from framecast_video_prediction.settings import OPTIMISED, ScheduledSampling, VideoPredictionSettings

ORIGINAL = {
    "variant": "original",
    "ratio": 1.0,
    "patience": 20,
    "not_before": 0,
    "fall": 4e-3,
    "learning_rate_not_before": 0,
    "learning_rate_factor": 0.98,
    "learning_rate_every": 5,
}


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
        {"variant": "optimized"},
        {"variant": ["optimised"]},
        {"fall": 2.0, "variant": "optimised"},
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
    assert settings.sampling == ScheduledSampling(variant="original")
    assert settings.sampling.model_dump() == ORIGINAL


def test_the_optimised_curriculum_falls_slower_and_later():
    optimised = {"variant": "optimised", "fall": 2e-3, "not_before": 20, "learning_rate_not_before": 20}

    assert ScheduledSampling(variant="optimised").model_dump() == ORIGINAL | optimised


@pytest.mark.parametrize("variant", ["original", "optimised"])
def test_what_a_job_writes_goes_before_what_the_variant_has(variant):
    written: dict[str, Any] = {"patience": 2, "fall": 0.1, "not_before": 0, "learning_rate_not_before": 1}

    assert ScheduledSampling(variant=variant, **written).model_dump() == ORIGINAL | written | {"variant": variant}


@pytest.mark.parametrize("variant", ["original", "optimised"])
def test_the_resolved_curriculum_holds_its_numbers_and_reads_back_the_same(variant):
    resolved = VideoPredictionSettings.model_validate_json(
        f'{{"sampling": {{"variant": "{variant}", "fall": 1}}}}'
    )

    assert VideoPredictionSettings.model_validate_json(resolved.model_dump_json()) == resolved


def test_the_words_on_each_number_name_what_the_optimised_variant_has():
    for name, value in OPTIMISED.items():
        words = (ScheduledSampling.model_fields[name].description or "").replace("2e-3", "0.002")
        assert f"{value} where the variant is `optimised`." in words
