"""A task of another author, with its own baseline, horizon, logged values and metric, in reports and commands: all
that they say comes from its declarations."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ruamel.yaml import YAML

import framecast
from framecast.errors import InputError
from framecast.job.plan import Plan
from framecast.job.recorded_plan import RecordedPlan
from framecast.report.comparison_page import write_comparison
from framecast.report.page import write_report
from framecast.runs.run_folder import RunFolder

PLUGIN = '''
from typing import Literal

import framecast
from pydantic import Field


class GuessSettings(framecast.Settings):
    history: int = Field(2, ge=1)
    """Frames seen."""
    future: int = Field(3, ge=0)
    """Frames guessed."""
    blur: float = Field(0.25, ge=0, le=1)
    """Share of the mean in what is seen in training."""


class RestoreSettings(framecast.Settings):
    given: int = Field(2, ge=1)
    """Frames given."""
    lost: int = Field(2, ge=1)
    """Frames to restore."""


class OddSettings(framecast.Settings):
    protocol: Literal["plain", "percent"] = "plain"
    """How it is counted."""


def build_guess(settings):
    return make(settings.history, settings.future, lambda: {"blur_strength": settings.blur, "residue": 1e-3})


def build_restore(settings):
    return make(settings.given, settings.lost, dict)


def make(seen, asked, logs):
    class Task:
        learning_rate_factor = 1.0

        def training_step(self, model, batch, progress):
            return self.evaluation_step(model, batch).loss.mean(), logs()

        def evaluation_step(self, model, batch):
            frames = framecast.as_floats(batch["frames"])
            target = frames[:, seen:seen + asked]
            prediction = model(frames[:, :seen], asked)[:, -asked:].float()
            return framecast.EvaluationOutputs(
                loss=(prediction - target).abs().mean((1, 2, 3, 4)),
                compared={"frames": framecast.PredictionTarget(prediction, target)},
                context=frames[:, :seen],
            )

        def after_evaluation(self, metrics, epoch):
            pass

        def state_dict(self):
            return {}

        def load_state_dict(self, state):
            pass

    return Task()


def build_scaled(settings, sample):
    return network(trained=True)


def build_still(settings, sample):
    return network(trained=False)


def network(trained):
    import torch

    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = torch.nn.Parameter(torch.tensor(0.5)) if trained else 1.0

        def forward(self, frames, frames_out, *, truth=None, keep_truth=None):
            return frames[:, -1:].expand(-1, frames_out, -1, -1, -1) * self.scale

    return Network()


def build_odd(settings, value_range):
    class Odd(framecast.StreamingMetric):
        def measure(self, prediction, target, mask):
            factor = 100 if settings.protocol == "percent" else 1
            return factor * (prediction - target).abs().mean((2, 3, 4))

    return Odd()


@framecast.hookimpl
def framecast_tasks():
    yield framecast.Task(
        name="guess_ahead",
        summary="guesses",
        settings=GuessSettings,
        build=build_guess,
        frames=lambda settings: settings.history + settings.future,
        horizon=lambda settings: (settings.history, settings.future),
        horizon_settings=("history", "future"),
        default_metrics=("odd_error",),
        baselines=("still_frame",),
        logs=(
            framecast.LoggedValue("blur_strength", "strength of the blur", note="of what is seen", share=True),
            framecast.LoggedValue("residue", unit="grey levels", scale="log"),
        ),
    )
    yield framecast.Task(
        name="restore",
        summary="restores, and says nothing of a horizon",
        settings=RestoreSettings,
        build=build_restore,
        frames=lambda settings: settings.given + settings.lost,
        default_metrics=("odd_error",),
    )


@framecast.hookimpl
def framecast_models():
    yield framecast.Model(name="scaled", summary="one number", build=build_scaled)
    yield framecast.Model(name="still_frame", summary="none", build=build_still, baseline=True)


@framecast.hookimpl
def framecast_metrics():
    yield framecast.Metric(
        name="odd_error",
        summary="odd",
        build=build_odd,
        direction="min",
        settings=OddSettings,
        unit=lambda settings: "%" if settings.protocol == "percent" else "",
    )
'''
DATA = {
    "name": "moving_mnist",
    "size": 16,
    "digit_size": 7,
    "train_clips": 8,
    "validation_clips": 4,
    "test_clips": 4,
}


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("plugin") / "guessing.py"
    file.write_text(PLUGIN)
    return file


@pytest.fixture(scope="module")
def train(plugin: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., RunFolder]:
    root = tmp_path_factory.mktemp("trained") / "runs"

    def trained(task: dict[str, Any], name: str) -> RunFolder:
        job = {
            "name": name,
            "task": task,
            "model": "scaled",
            "data": DATA,
            "training": {"epochs": 2, "batch_size": 4, "strategy": "torch"},
            "compute": {"cpus_per_worker": 1},
            "plugins": [str(plugin)],
        }
        return RunFolder(framecast.run(job, runs=root, in_process=True, verbose=False).folder)

    return trained


@pytest.fixture(scope="module")
def guessed(train: Callable[..., RunFolder]) -> RunFolder:
    return train({"name": "guess_ahead"}, "guessed")


@pytest.fixture(scope="module")
def restored(train: Callable[..., RunFolder]) -> RunFolder:
    return train({"name": "restore"}, "restored")


def page_of(run: RunFolder) -> str:
    write_report(run)
    return run.report.read_text()


def charts(page: str) -> list[str]:
    return re.findall(r"<svg.*?</svg>", page, re.S)


def chart_of(page: str, title: str) -> str:
    return next(each for each in charts(page) if re.search(rf'class="title"[^>]*>{title}<', each))


def test_its_report_draws_what_it_declares(guessed: RunFolder) -> None:
    page = page_of(guessed)
    assert "scaled on moving_mnist, from 2 frames to the next 3" in page
    learning = chart_of(page, "strength of the blur")
    assert "of what is seen</tspan>" in learning
    assert re.search(r">residue<tspan[^>]*>grey levels</tspan>", learning)
    panel = learning.split(">strength of the blur<")[1].split(">residue<")[0]
    ticks = [float(tick) for tick in re.findall(r'class="tick"[^>]*>([\d.]+)</text>', panel)]
    assert (min(ticks), max(ticks)) == (0, 1), "a share, though it is 0.25 all along"
    over_run = next(each for each in charts(page) if "odd_error by step" in each)
    over_frames = next(each for each in charts(page) if "odd_error by predicted frame" in each)
    for drawn in (over_run, over_frames):
        assert 'class="line dotted ink"' in drawn  # the first baseline's look
        assert ">still frame</text>" in drawn
        assert 'class="line solid blue"' in drawn
    assert len(re.findall(r"<title>model at \d", over_frames)) == 3
    assert "still frame has" in page


def test_commands_know_it(guessed: RunFolder, platform: Any) -> None:
    root = guessed.path.parent.parent
    listed = platform("list", "--runs", root, "--json")
    assert listed.code == 0, listed.err
    assert "guessed" in listed.out
    status = json.loads(platform("status", guessed.path, "--json").out)
    assert set(status["baselines"]) == {"still_frame"}
    assert "validation/odd_error" in status["baselines"]["still_frame"]


def test_an_evaluation_takes_its_horizon_and_its_protocols(
    guessed: RunFolder, platform: Any, plugin: Path, tmp_path: Path
) -> None:
    out = tmp_path / "scores"
    done = platform(
        *("evaluate", guessed.path, "task.future=2", "--protocol", "percent", "-o", out, "--trust"),
        *("--runs", guessed.path.parent.parent),
    )
    assert done.code == 0, done.err
    assert "2 frames in, 2 out" in done.out
    assert "odd_error (percent, %)" in done.out
    (file,) = out.glob("evaluation-*-2to2-percent-*.json")
    content = json.loads(file.read_text())
    assert (content["frames_in"], content["frames_out"]) == (2, 2)
    assert content["baselines"] == ["still_frame"]
    assert [row["baseline"] for row in content["rows"]] == [False, True]
    wrong = platform("evaluate", guessed.path, "--metrics", "odd_error", "--protocol", "elsewhere", "--trust")
    assert wrong.code == 2
    assert "protocol elsewhere does not define odd_error, which knows plain, percent" in wrong.err


@pytest.mark.parametrize("facts", ["all", "none"])
def test_a_report_shows_its_evaluation(guessed: RunFolder, platform: Any, facts: str) -> None:
    """`none`: the file of an older version, which does not say which rows are baselines."""
    done = platform("evaluate", guessed.path, "--trust", "--force")
    assert done.code == 0, done.err
    (file,) = guessed.path.glob("evaluation-test-*.json")
    content = json.loads(file.read_text())
    if facts == "none":
        del content["baselines"]
        for row in content["rows"]:
            del row["baseline"]
        file.write_text(json.dumps(content))
    try:
        page = page_of(guessed)
    finally:
        for written in guessed.path.glob("evaluation-*"):
            written.unlink()
    assert "On test clips, 2 → 3 frames" in page
    measured = [each for each in charts(page) if "odd_error by predicted frame" in each][-1]
    assert 'class="line dotted ink"' in measured
    assert ">still frame</text>" in measured


def test_a_prediction_has_the_lengths_of_its_horizon(guessed: RunFolder, platform: Any, tmp_path: Path) -> None:
    source, future = tmp_path / "clip.npy", tmp_path / "future.npy"
    np.save(source, np.zeros((6, 16, 16), np.uint8))
    done = platform("predict", guessed.path, source, "-o", future, "--trust")
    assert done.code == 0, done.err
    assert "2 frames seen, 3 predicted" in done.out
    assert len(np.load(future)) == 3


def test_runs_of_other_horizons_do_not_compare(train: Any, guessed: RunFolder, tmp_path: Path) -> None:
    other = train({"name": "guess_ahead", "future": 2, "blur": 0.5}, "shorter")
    write_comparison([guessed, other], tmp_path / "page.html")
    assert "A and B differ in task.future" in (tmp_path / "page.html").read_text()  # and not in task.blur


def test_a_task_without_a_horizon_works_too(restored: RunFolder, platform: Any, tmp_path: Path) -> None:
    page = page_of(restored)
    assert "scaled on moving_mnist<" in page
    over_frames = next(each for each in charts(page) if "odd_error by predicted frame" in each)
    assert len(re.findall(r"<title>model at \d", over_frames)) == 2
    root = restored.path.parent.parent
    assert "restored" in platform("list", "--runs", root).out
    assert json.loads(platform("status", restored.path, "--json").out)["baselines"] == {}
    done = platform("evaluate", restored.path, "task.lost=1", "-o", tmp_path, "--trust")
    assert done.code == 0, done.err
    (file,) = tmp_path.glob("evaluation-*.json")
    assert re.fullmatch(r"evaluation-test-plain-\w+\.json", file.name)
    assert json.loads(file.read_text())["frames_in"] is None
    source = tmp_path / "clip.npy"
    np.save(source, np.zeros((6, 16, 16), np.uint8))
    for command in (("predict", restored.path, source, "-o", "a.npy"), ("export", restored.path, "-o", "a.pt2")):
        refused = platform(*command, "--trust")
        assert refused.code == 2
        assert "the task restore has no horizon: give --frames-in and --frames-out" in refused.err
    lengths = ("--frames-in", "3", "--frames-out", "2")
    done = platform("predict", restored.path, source, "-o", "a.npy", *lengths, "--trust")
    assert "3 frames seen, 2 predicted" in done.out
    exported = platform("export", restored.path, "-o", "model.safetensors", "--trust")
    assert exported.code == 0, exported.err


def without(run: RunFolder, facts: set[str], copy: Path) -> RunFolder:
    """A copy of a run whose plan does not record some facts, as older versions wrote it."""
    import shutil

    shutil.copytree(run.path, copy, symlinks=True)
    old = RunFolder(copy)
    yaml = YAML()
    content = yaml.load(old.plan.read_text())
    for fact in facts:
        content["declared"].pop(fact, None)
    with old.plan.open("w") as stream:
        yaml.dump(content, stream)
    return old


NEW = {"horizon_settings", "logs", "baselines", "baseline", "setting_groups"}


@pytest.mark.parametrize("facts", [NEW, {*NEW, "horizon"}], ids=["new ones", "the horizon too"])
def test_an_older_run_of_it_is_still_drawn(guessed: RunFolder, tmp_path: Path, facts: set[str]) -> None:
    old = without(guessed, facts, tmp_path / "runs" / "old" / "one")
    page = page_of(old)
    assert ">blur strength<" in page  # nobody tells its label: the plugin is not imported to look at a run
    assert 'class="line dotted ink"' in page
    write_comparison([old, guessed], tmp_path / "page.html")


def test_an_older_run_of_an_installed_plugin_is_drawn_as_it_declares_today(trained: Any, tmp_path: Path) -> None:
    old = without(RunFolder(trained.folder), {*NEW, "horizon"}, tmp_path / "runs" / "old" / "one")
    plan = RecordedPlan.of(old.plan)
    assert plan.horizon == (2, 2)
    assert plan.horizon_keys == ("task.frames_in", "task.frames_out")
    assert plan.logs["truth_ratio"].label == "sampling ratio"
    assert ">sampling ratio<" in page_of(old)


@pytest.mark.parametrize(
    "facts",
    [
        {"horizon": "10", "logs": 3, "baselines": {"a": 1}, "setting_groups": "order", "horizon_settings": None},
        {"horizon": [1, 2, 3], "logs": [None, {"name": 3}, {"nam": "x"}, []], "baselines": [1, None]},
        {"horizon": [True, "a"], "setting_groups": [3, ["a"]], "horizon_settings": ["a", 3, "b"]},
    ],
)
def test_facts_of_another_kind_are_taken_as_not_recorded(guessed: RunFolder, tmp_path: Path, facts: Any) -> None:
    old = without(guessed, set(), tmp_path / "runs" / "old" / "one")
    content = YAML().load(old.plan.read_text())
    content["declared"].update(facts)
    with old.plan.open("w") as stream:
        YAML().dump(content, stream)
    assert RecordedPlan.of(old.plan).horizon is None
    assert "still frame" in page_of(old)


def test_a_plan_asks_its_task(tiny_plan: Callable[..., Plan]) -> None:
    assert tiny_plan().horizon == (2, 2)
    assert tiny_plan().declared["horizon_settings"] == ["frames_in", "frames_out"]


def test_the_root_of_a_data_set_is_its_first_path(platform: Any, tmp_path: Path) -> None:
    """--root knows no key: gridded data call theirs path."""
    np.save(tmp_path / "fields.npy", np.random.default_rng(0).random((40, 8, 8), np.float32))
    done = platform("data", "info", "gridded", "--root", tmp_path / "fields.npy", "--frames", "4")
    assert done.code == 0, done.err
    (tmp_path / "none.py").write_text(
        "import framecast\n\n@framecast.hookimpl\ndef framecast_datasets():\n"
        "    shape = framecast.SampleShape(4, 1, 8, 8)\n"
        "    yield framecast.Dataset('thin_air', 's', lambda *a: [], lambda *a: shape)\n"
    )
    refused = platform("data", "info", "thin_air", "--root", "x", "-p", tmp_path / "none.py")
    assert refused.code == 2
    assert "the data set thin_air has no setting that is a path: leave out --root" in refused.err


def test_errors_name_the_settings_of_the_task(plugin: Path) -> None:
    """A recognition task that predicts nothing is told the key that its horizon takes the number from."""
    from framecast.job.document import Document
    from framecast.job.resolve import make_plan
    from framecast.registry.registry import Registry

    job = {
        "name": "a",
        "task": {"name": "early_activity_recognition", "frames": 8, "observed": [0.5], "frames_out": 0},
        "model": {"name": "conv_lstm_recognition"},
        "data": {"name": "digit_motions", "size": 16, "digit_size": 7},
        "metrics": ["accuracy", "mse"],
    }
    with pytest.raises(InputError, match=r"mse scores predicted frames, and task\.frames_out is 0: leave it out"):
        make_plan(Document.from_data(job), Registry.discover())
