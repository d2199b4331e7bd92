"""A plan as it was recorded: understood without its plugins, and by whom it was not written."""

from __future__ import annotations

from pathlib import Path

import pytest

from framecast.errors import InputError
from framecast.job.plan_file import PlanFile
from framecast.job.recorded_plan import RecordedPlan

_PLAN = """\
job:
  name: own
  task: {name: video_prediction, frames_in: 2, frames_out: 2}
  model: {name: theirs}
  data: {name: moving_mnist}
  metrics:
  - {name: ssim, protocol: openstl}
plugins:
- {name: theirs, module: their_module}
frame_shape: [1, 16, 16]
"""
_DECLARED = """\
declared:
  frames: 4
  readings: []
  metrics:
    ssim: {direction: max, needs: frames, unit: ''}
  gives: {their_module: [model theirs]}
"""


def recorded(tmp_path: Path, text: str) -> RecordedPlan:
    (tmp_path / "plan.yaml").write_text(text)
    return RecordedPlan.of(tmp_path / "plan.yaml")


def test_what_plugins_declared_is_read_from_the_plan(tmp_path: Path) -> None:
    plan = recorded(tmp_path, _PLAN + _DECLARED)
    (metric,) = plan.metrics
    assert (metric.name, metric.protocol, metric.direction) == ("ssim", "openstl", "max")
    assert plan.gives(plan.file.sources[0]) == ["model theirs"]
    assert (plan.model.name, plan.sample_shape.frames, plan.note) == ("theirs", 4, "")


def test_a_plan_of_an_older_version_with_a_plugin_of_its_own_says_what_is_assumed(tmp_path: Path) -> None:
    plan = recorded(tmp_path, _PLAN)
    assert "the plugin theirs, which is not imported" in plan.note
    assert plan.metrics[0].direction == "min"


def test_a_plan_of_an_older_version_asks_the_plugins_that_are_installed(tmp_path: Path) -> None:
    from framecast.job.document import Document
    from framecast.job.resolve import make_plan
    from framecast.registry.registry import Registry

    job = {
        "name": "old",
        "task": {"name": "video_prediction", "frames_in": 2, "frames_out": 2},
        "model": "conv_lstm",
        "data": {"name": "moving_mnist", "size": 16, "digit_size": 7},
        "metrics": ["ssim"],
    }
    text = make_plan(Document.from_data(job), Registry.discover()).to_yaml()
    beginning, _, rest = text.partition("declared:\n")
    _, _, cost = rest.partition("cost:\n")
    plan = recorded(tmp_path, f"{beginning}cost:\n{cost}")
    assert (plan.note, plan.metrics[0].direction, plan.sample_shape.frames) == ("", "max", 4)


DAMAGED = {
    "": "holds no keys",
    "- a list\n": "holds no keys",
    _PLAN.replace("job:", "jobs:"): "job: should be a mapping",
    _PLAN.replace("model: {name: theirs}", "model: 5"): "job.model: has no name",
    _PLAN.replace("- {name: theirs, module: their_module}", "- {name: [1]}"): "plugins: not a plugin",
    _PLAN.replace("their_module}", "their_module, colour: red}"): "plugins: not a plugin",
    _PLAN.replace("[1, 16, 16]", "[1, -16, 16]"): "frame_shape: [1, -16, 16] is no shape",
    _PLAN.replace("[1, 16, 16]", "[1, 16]"): "frame_shape: [1, 16] is no shape",
    _PLAN + "classes: 7\n": "classes: should be a list of names",
    _PLAN + "cost: {parameters: many}\n": "cost: should hold counts",
    _PLAN + "  broken: [\n": "not valid YAML",
}


@pytest.mark.parametrize("text", DAMAGED)
def test_a_damaged_plan_is_one_sentence_with_its_file_and_key(text: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        recorded(tmp_path, text)
    (problem,) = refused.value.problems
    assert DAMAGED[text] in str(problem)
    assert str(problem).startswith(str(tmp_path / "plan.yaml"))


def test_a_plan_that_is_no_file_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        PlanFile.read(tmp_path / "plan.yaml")
    (tmp_path / "plan.yaml").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        PlanFile.read(tmp_path / "plan.yaml")
    (tmp_path / "binary.yaml").write_bytes(bytes(range(256)))
    with pytest.raises(InputError, match="not text in UTF-8"):
        PlanFile.read(tmp_path / "binary.yaml")
