"""The declarations: what the platform gets to see."""

from typing import Any

import pytest
import torch

import framecast
from framecast_video_prediction import framecast_models, framecast_tasks
from framecast_video_prediction.task import VideoPrediction

(TASK,) = framecast_tasks()
MODELS = {model.name: model for model in framecast_models()}


def test_a_clip_is_as_long_as_what_is_seen_and_what_is_predicted():
    assert TASK.frames(TASK.settings(frames_in=3, frames_out=4)) == 7


@pytest.mark.parametrize("name", MODELS)
def test_each_model_is_one_that_the_task_can_evaluate(name):
    settings = TASK.settings(frames_in=2, frames_out=3)
    baseline: Any = MODELS[name].build(MODELS[name].settings(), framecast.SampleShape(5, 1, 4, 4))
    task = TASK.build(settings)

    outputs = task.evaluation_step(baseline, {"frames": torch.rand(2, 5, 1, 4, 4)})

    assert isinstance(task, VideoPrediction)
    assert outputs.compared["frames"].prediction.shape == (2, 3, 1, 4, 4)


def test_persistence_and_the_baseline_that_repeats_the_last_frame_are_one_implementation():
    assert MODELS["persistence"].build is MODELS["last_frame"].build


def test_each_baseline_is_a_model_of_this_plugin():
    assert set(TASK.baselines) < set(MODELS)
