"""The job model: strict, documented, on a laptop by default."""

from __future__ import annotations

import sys

import pytest
from pydantic import BaseModel, ValidationError

from framecast.job.checkpoints import Checkpoints
from framecast.job.compute import Compute
from framecast.job.deepspeed import DeepSpeed
from framecast.job.job import Job
from framecast.job.training import Optimizer, Schedule, Training

SECTIONS: list[type[BaseModel]] = [Job, Training, Optimizer, Schedule, DeepSpeed, Compute, Checkpoints]


def test_four_keys_are_required_and_no_more() -> None:
    assert {name for name, field in Job.model_fields.items() if field.is_required()} == {
        *("name", "task", "model", "data")
    }


@pytest.mark.parametrize("section", SECTIONS[1:])
def test_every_section_has_words_and_a_default_for_every_key(section: type[BaseModel]) -> None:
    assert section.__doc__
    assert section() is not None


def test_the_strategy_is_deepspeed_where_deepspeed_is() -> None:
    assert Training().strategy == ("deepspeed" if sys.platform == "linux" else "torch")


@pytest.mark.parametrize("name", ["a", "A9", "kth-2.1_b", "x" * 100])
def test_a_name_that_is_a_good_folder_is_taken(name: str) -> None:
    assert Job.model_validate({"name": name, "task": "t", "model": "m", "data": "d"}).name == name


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a b", "-a", "a\n", "\u00e9", "x" * 101])
def test_a_name_that_would_leave_its_folder_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        Job.model_validate({"name": name, "task": "t", "model": "m", "data": "d"})


@pytest.mark.parametrize("value", [True, "1", 1.5, 4])
def test_true_is_not_a_number_of_gpus_or_a_zero_stage(value: object) -> None:
    with pytest.raises(ValidationError):
        DeepSpeed.model_validate({"zero_stage": value})
    with pytest.raises(ValidationError):
        Compute.model_validate({"gpus_per_worker": value})
