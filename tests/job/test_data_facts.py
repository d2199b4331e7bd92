"""What a plan knows of its data: asked once, kept in plan.yaml, and refused where it does not suit the task."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import framecast
from framecast.errors import InputError
from framecast.job.data_facts import DataFacts
from framecast.job.load import load_plan, read_plan
from framecast.job.plan import Plan

ACTIONS = ("clap", "wave")

PLUGIN = '''
import framecast


def wave_or_clap(settings):
    if settings.lost:
        raise framecast.InputError("the label files are missing: put them there")
    return ("clap", "wave")


class Lost(framecast.Settings):
    lost: bool = False
    """Whether the label files are missing."""


@framecast.hookimpl
def framecast_tasks():
    yield framecast.Task(
        name="tell_apart", summary="Names actions", build=lambda settings: None, frames=lambda settings: 8,
        default_metrics=("accuracy",), requires="logits", readings=lambda settings: (0.25, 0.5),
    )


@framecast.hookimpl
def framecast_models():
    yield framecast.Model(
        name="by_eye", summary="Looks", build=lambda settings, sample: None, produces="logits",
        cost=lambda settings, sample: framecast.Cost(sample.classes, 0),
    )


@framecast.hookimpl
def framecast_datasets():
    yield framecast.Dataset(
        name="hands", summary="Hands", build=lambda settings, split, frames: [], settings=Lost,
        sample_shape=lambda settings, frames: framecast.SampleShape(frames, 1, 16, 16), classes=wave_or_clap,
    )
'''


def plan_of(folder: Path, *overrides: str, **sections: Any) -> Plan:
    (folder / "hands.py").write_text(PLUGIN)
    job = {"task": "tell_apart", "model": "by_eye", "data": "hands"} | sections
    lines = [f"{key}: {value}" for key, value in job.items()]
    (folder / "job.yaml").write_text("\n".join(["name: waving", "plugins: [hands.py]", *lines]) + "\n")
    return load_plan(folder / "job.yaml", list(overrides), [])[1]


def refusal(folder: Path, *overrides: str, **sections: Any) -> str:
    with pytest.raises(InputError) as refused:
        plan_of(folder, *overrides, **sections)
    return str(refused.value)


def test_models_are_built_for_as_many_classes_as_the_data_have(tmp_path: Path) -> None:
    plan = plan_of(tmp_path)
    assert plan.facts == DataFacts((1, 16, 16), ACTIONS)
    assert plan.sample_shape == framecast.SampleShape(8, 1, 16, 16, classes=2)
    assert plan.cost == framecast.Cost(parameters=2, macs=0)
    assert plan.readings == (0.25, 0.5)


def test_a_task_without_classes_does_not_ask_for_them(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, task="video_prediction", model="conv_lstm", data="{name: hands, lost: true}")
    assert plan.facts == DataFacts((1, 16, 16))
    assert plan.readings == ()
    assert "classes" not in plan.to_dict()


def test_the_names_of_classes_are_kept_for_machines_without_the_data(tmp_path: Path) -> None:
    plan = plan_of(tmp_path)
    text = plan.to_yaml().replace("lost: false", "lost: true")  # the label files of another machine
    (tmp_path / "plan.yaml").write_text(text)
    again = read_plan(tmp_path / "plan.yaml")
    assert again.facts == plan.facts
    with pytest.raises(InputError, match="label files are missing"):
        read_plan(tmp_path / "plan.yaml", ["data.lost=true"])  # other data are asked again


def test_what_the_data_say_against_it_is_a_problem_of_the_job(tmp_path: Path) -> None:
    said = refusal(tmp_path, "data.lost=true")
    assert "data: the label files are missing: put them there" in said


def test_data_without_classes_are_refused_where_classes_are_told_apart(tmp_path: Path) -> None:
    said = refusal(tmp_path, data="moving_mnist")
    assert "data: moving_mnist has no classes, and the task tell_apart tells classes apart" in said


def test_a_model_that_answers_something_else_is_refused(tmp_path: Path) -> None:
    said = refusal(tmp_path, model="conv_lstm")
    assert (
        "model: conv_lstm predicts frames, and the task tell_apart needs a model that recognises classes" in said
    )
    said = refusal(tmp_path, task="video_prediction", metrics="[mse]")
    assert "by_eye recognises classes, and the task video_prediction needs a model that predicts frames" in said


def test_a_metric_of_classes_is_refused_where_there_are_none(tmp_path: Path) -> None:
    said = refusal(tmp_path, task="video_prediction", model="conv_lstm", metrics="[mse, accuracy]")
    assert "accuracy scores classes, and the task video_prediction asks for none: leave it out" in said


class _Varied(framecast.Settings):
    augmentation: framecast.data.Augmentation = framecast.data.Augmentation()


@pytest.mark.parametrize(
    ("augmentation", "message"),
    [
        (
            {"flip": "horizontal"},
            r"augmentation\.flip: horizontal .*'to the left' shows another class when it is mirrored",
        ),
        ({"reverse": True}, r"augmentation\.reverse: true .*played backwards\. Set it to false"),
    ],
)
def test_an_augmentation_that_makes_labels_wrong_is_refused(augmentation: dict[str, Any], message: str) -> None:
    def found(needs: Any, **declared: Any) -> DataFacts:
        data = framecast.Dataset(
            "d",
            "",
            build=lambda settings, split, frames: None,
            sample_shape=lambda settings, frames: framecast.SampleShape(frames, 1, 8, 8),
            classes=lambda settings: ("to the left", "on the spot"),
            **declared,
        )
        task = framecast.Task("t", "", lambda settings: None, lambda settings: 4, (), requires=needs)
        settings = _Varied(augmentation=framecast.data.Augmentation(**augmentation))
        return DataFacts.told_by(data, settings, task, 4)

    with pytest.raises(InputError, match=message):
        found("logits")
    assert found("frames").classes == (), "labels are not used"
    assert len(found("logits", unchanged_by=lambda settings: ("horizontal", "reverse")).classes) == 2
