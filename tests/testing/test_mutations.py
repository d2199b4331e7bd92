"""The kit catches what it says: bugs sown into copies of sound plugins, at least one for each check, each found by
the check whose advice mends it."""

from __future__ import annotations

import importlib.util
import itertools
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from framecast.plugin.kinds import KINDS
from framecast.scaffold.plugin_template import PluginTemplate
from framecast.testing import CheckOptions, Inspection
from framecast.testing.inspection import CheckResult, checks
from framecast.testing.suite import describe
from tests.real_clips import real_video


def fields(folder: Path) -> dict[str, Any]:
    """60 fields of 16 times 16 points."""
    np.save(folder / "fields.npy", np.random.default_rng(0).random((60, 16, 16), np.float32))
    return {"path": str(folder / "fields.npy")}


def films(folder: Path) -> dict[str, Any]:
    """Three films of a talking man."""
    for number in range(3):
        (folder / f"{number}.mp4").write_bytes(real_video("mp4", 12, 17 * number, 48, 64))
    return {"root": str(folder), "size": 16}


SCAFFOLDS = ("model", "dataset", "metric", "task", "callback")
"""Plugins as `platform plugins new` begins them."""
PACKAGES = {
    "conv_lstm": "framecast_conv_tt_lstm",
    "conv3d": "framecast_recognition_models",
    "digit_motions": "framecast_digit_motions",
    "gridded": "framecast_gridded",
    "video_folder": "framecast_video_folder",
    "video_prediction": "framecast_video_prediction",
    "early_stopping": "framecast_early_stopping",
}
"""Our own plugins, and where they are declared."""
GIVEN = {
    "dataset": CheckOptions({"clips": 40, "size": 16}),
    "metric": CheckOptions(
        reference=lambda prediction, target: float(((prediction - target).abs() ** 1.5).mean())
    ),
    "conv_lstm": CheckOptions({"layers_per_block": [1, 1], "hidden_channels": [4, 4], "kernel_size": 3}),
    "conv3d": CheckOptions({"hidden_channels": [4, 6], "strides": [2, 2]}),
    "digit_motions": CheckOptions({"train_clips": 40, "validation_clips": 20, "test_clips": 20, "fresh": True}),
    "gridded": CheckOptions(fields),
    "video_folder": CheckOptions(films),
    "early_stopping": CheckOptions({"patience": 0, "min_delta": 1e9}),
}


@dataclass(frozen=True)
class Bug:
    """`sound` in the plugin's text becomes `sick`, and `check` finds it.

    `plugin` is one of SCAFFOLDS or PACKAGES.
    """

    plugin: str
    name: str
    sound: str
    sick: str
    check: str


BUGS = [
    Bug(
        "model",
        "a layer that nobody uses",
        "        self.change = nn.Conv2d(hidden_channels, channels, 3, padding=1)",
        "        self.change = nn.Conv2d(hidden_channels, channels, 3, padding=1)\n"
        "            self.spare = nn.Linear(3, 3)",
        "gradients_reach_every_parameter",
    ),
    Bug(
        "model",
        "a gradient cut off",
        "last + self.change(hidden)",
        "last + self.change(hidden.detach())",
        "gradients_reach_every_parameter",
    ),
    Bug(
        "model",
        "statistics over the batch",
        "self.hidden(torch.cat([before, last], 1)).relu()",
        "nn.functional.batch_norm(self.hidden(torch.cat([before, last], 1)), None, None, training=True).relu()",
        "samples_do_not_know_of_each_other",
    ),
    Bug(
        "model",
        "truth that is always taken",
        "keep = keep_truth[:, step, None, None, None]",
        "keep = torch.ones_like(keep_truth[:, step, None, None, None])",
        "truth_takes_the_place_of_its_own_output",
    ),
    Bug(
        "model",
        "truth one frame too early",
        "last = truth[:, step]",
        "last = truth[:, min(step + 1, truth.shape[1] - 1)]",
        "truth_takes_the_place_of_its_own_output",
    ),
    Bug(
        "model",
        "truth without keep_truth that is ignored",
        "if truth is not None and step",
        "if truth is not None and keep_truth is not None and step",
        "truth_takes_the_place_of_its_own_output",
    ),
    Bug(
        "model",
        "an argument named otherwise",
        "        keep_truth: Tensor | None = None,",
        "        keep: Tensor | None = None,",
        "takes_the_arguments_of_the_contract",
    ),
    Bug(
        "conv3d",
        "an argument named otherwise",
        "*, observed: Tensor) -> framecast.RecognitionOutput:\n"
        '        """Logits (B, S, K) of the first `observed` (B, S) frames, each reading of those alone, and no '
        'frames."""',
        "*, readings: Tensor) -> framecast.RecognitionOutput:",
        "takes_the_arguments_of_the_contract",
    ),
    Bug(
        "model",
        "frames that shrink",
        "hidden_channels, 3, padding=1)",
        "hidden_channels, 3)",
        "answers_in_the_right_shape",
    ),
    Bug(
        "model",
        "a size that it cannot do and does not refuse",
        "before, last = frames",
        "assert not frames.shape[-1] % 2, 'an odd width'; before, last = frames",
        "does_what_it_accepts",
    ),
    Bug(
        "metric",
        "frames that are too small for it and not refused",
        "error = (prediction - target).abs()",
        "error = (prediction - target)[..., 3:-3, 3:-3].abs()",
        "scores_what_it_accepts",
    ),
    Bug(
        "early_stopping",
        "a monitor compared with the metric's bare name",
        "if settings.monitor in measured:",
        'if settings.monitor in {score.rpartition("/")[2] for score in measured}:',
        "says_with_which_scores_it_works",
    ),
    Bug("model", "one frame too many", "range(frames_out)", "range(frames_out + 1)", "answers_in_the_right_shape"),
    Bug(
        "model",
        "grey frames only",
        "(sample.channels, settings.hidden_channels)",
        "(1, settings.hidden_channels)",
        "answers_in_the_right_shape",
    ),
    Bug(
        "model",
        "a layer hidden from the state dict",
        "self.hidden = nn.Conv2d(2 * channels, hidden_channels, 3, padding=1)",
        "self.hidden = nn.Conv2d(2 * channels, hidden_channels, 3, padding=1).forward",
        "weights_survive_a_checkpoint",
    ),
    Bug(
        "model",
        "a seed of its own",
        "    class MyModel",
        "    torch.manual_seed(7)\n\n    class MyModel",
        "the_same_seed_gives_the_same_model",
    ),
    Bug(
        "model", "a cost without the biases", "weights + hidden + channels", "weights", "its_declared_cost_is_true"
    ),
    Bug(
        "model",
        "threads taken from others",
        "    class MyModel",
        "    torch.set_num_threads(1)\n\n    class MyModel",
        "leaves_the_process_as_it_was",
    ),
    Bug(
        "model", "no bound on a setting", "Field(16, ge=1, le=4096)", "Field(16)", "builds_from_any_legal_settings"
    ),
    Bug(
        "model",
        "torch at the top",
        "import framecast\n",
        "import framecast\nimport torch\n",
        "is_listed_without_loading_torch",
    ),
    Bug(
        "dataset",
        "a generator that is shared",
        "np.random.Generator(np.random.Philox(sequence))",
        "np.random",
        "the_same_clips_whenever_they_are_read",
    ),
    Bug(
        "dataset",
        "no split in the seed",
        '("train", "validation", "test").index(split)',
        "0",
        "splits_share_no_clip",
    ),
    Bug(
        "dataset",
        "floats beyond the range told",
        'return {"frames": clip}',
        'return {"frames": clip.astype(np.float32)}',
        "clips_are_as_declared",
    ),
    Bug(
        "dataset",
        "time last",
        'return {"frames": clip}',
        'return {"frames": np.moveaxis(clip, 0, 1)}',
        "clips_are_as_declared",
    ),
    Bug(
        "dataset",
        "what cannot be pickled",
        "seed, clips, frames, size\n\n",
        "seed, clips, frames, size\n        self.draw = lambda: None\n\n",
        "the_same_clips_in_other_processes",
    ),
    Bug(
        "dataset",
        "a shape that is not told truly",
        "SampleShape(frames, 1, settings.size, settings.size)",
        "SampleShape(frames, 3, settings.size, settings.size)",
        "clips_are_as_declared",
    ),
    Bug(
        "metric",
        "the mean of batch means",
        "return error.mean((2, 3, 4))",
        "return error.mean().expand(error.shape[:2])",
        "each_sample_has_its_value",
    ),
    Bug("metric", "another power than its reference", "** self.power", "** 2", "agrees_with_its_reference"),
    Bug("metric", "the wrong direction", 'direction="min"', 'direction="max"', "a_perfect_prediction_is_best"),
    Bug(
        "metric",
        "NaN that looks good",
        "(prediction - target).abs()",
        "(prediction - target).nan_to_num().abs()",
        "a_prediction_that_is_no_number_spoils_the_score",
    ),
    Bug(
        "gridded",
        "clips without a length",
        "ClipOrigin(span.video, start, start + self.windows.reach)",
        "ClipOrigin(span.video, start, start)",
        "clips_tell_what_they_belong_to",
    ),
    Bug(
        "metric",
        "a prediction clamped, and not the truth",
        "(prediction - target).abs()",
        "(prediction.clamp(0, 1) - target).abs()",
        "a_perfect_prediction_scores_perfectly",
    ),
    Bug("metric", "a mask forgotten", "if mask is None:", "if True:", "masked_places_do_not_count"),
    Bug(
        "metric",
        "work in place",
        "(prediction - target).abs() ** self.power",
        "prediction.sub_(target).abs() ** self.power",
        "leaves_everything_as_it_was",
    ),
    Bug(
        "task",
        "a loss without a gradient",
        "self.evaluation_step(model, batch).loss.mean(), {}",
        "self.evaluation_step(model, batch).loss.mean().detach(), {}",
        "its_loss_falls_on_one_batch",
    ),
    Bug("task", "a sum for a mean", "loss.mean(), {}", "loss.sum(), {}", "its_loss_is_the_mean_over_samples"),
    Bug(
        "task",
        "one loss for the batch",
        "loss=(prediction - target).abs().mean((1, 2, 3, 4)),",
        "loss=(prediction - target).abs().mean().expand(len(frames)),",
        "evaluation_tells_each_sample_apart",
    ),
    Bug(
        "task",
        "noise in the evaluation",
        "prediction = model(seen,",
        "prediction = model(seen + seen.new_empty(seen.shape).normal_(),",
        "evaluation_is_repeatable",
    ),
    Bug(
        "task",
        "a schedule that is forgotten",
        '"""Called after each evaluation, to move schedules; there are none."""',
        "self.learning_rate_factor *= 0.9",
        "its_schedules_survive_a_checkpoint",
    ),
    Bug(
        "conv_lstm",
        "a baseline that is trained",
        '        name="copied_conv_lstm",\n',
        '        name="copied_conv_lstm",\n        baseline=True,\n',
        "has_no_parameters_as_a_baseline",
    ),
    Bug(
        "task",
        "a log that is not declared",
        "loss.mean(), {}",
        'loss.mean(), {"blur": 1}',
        "it_logs_what_it_declares",
    ),
    Bug(
        "task",
        "a value that is declared and never logged",
        '        baselines=("last_frame",),',
        '        baselines=("last_frame",),\n        logs=(framecast.LoggedValue("blur"),),',
        "it_logs_what_it_declares",
    ),
    Bug(
        "video_prediction",
        "a share in percent",
        '{"truth_ratio": ratio}',
        '{"truth_ratio": 100 * ratio}',
        "it_logs_what_it_declares",
    ),
    Bug(
        "task",
        "a horizon the wrong way round",
        "horizon=lambda settings: (settings.frames_in, settings.frames_out)",
        "horizon=lambda settings: (settings.frames_out + 1, settings.frames_in)",
        "its_horizon_is_that_of_its_settings",
    ),
    Bug(
        "task",
        "a baseline that is not declared as one",
        '("last_frame",)',
        '("conv_lstm",)',
        "what_it_names_is_there",
    ),
    Bug(
        "task",
        "a metric that does not exist",
        'default_metrics=("mse",)',
        'default_metrics=("mean_squared",)',
        "what_it_names_is_there",
    ),
    Bug(
        "callback",
        "an event that it does not know",
        "        if isinstance(event, framecast.events.StepDone)",
        "        if event.step >= 0",
        "receives_every_event_of_a_run",
    ),
    Bug(
        "callback",
        "an answer that means nothing",
        "                lines.write(",
        "                return lines.write(",
        "asks_the_context_to_stop",
    ),
    Bug(
        "callback",
        "the process ended",
        'file = context.folder / "my_callback.csv"',
        'file = context.folder / "my_callback.csv"\n    if not file.parent.is_dir():\n        raise SystemExit(1)',
        "ends_a_run_by_request_alone",
    ),
    Bug(
        "callback",
        "files where one happens to be",
        "file = context.folder /",
        "file = Path() /",
        "listening_changes_nothing",
    ),
    Bug(
        "callback",
        "numbers that are always there",
        "{event.loss},",
        "{round(event.gradient_norm)},",
        "takes_what_goes_wrong",
    ),
    Bug(
        "callback",
        "a file that must not be there yet",
        "self.file, self.every = file, every",
        "self.file, self.every = file, every\n        file.touch(exist_ok=False)",
        "goes_on_in_a_resumed_run",
    ),
    Bug(
        "model",
        "a class in place of what is made of it",
        "return MyModel(sample.channels, settings.hidden_channels)",
        "return MyModel",
        "builds_from_its_defaults",
    ),
    Bug(
        "model",
        "a setting that nobody explains",
        '"""Channels of the hidden layer; more cost more and express more."""',
        "",
        "documents_itself",
    ),
    Bug(
        "model",
        "misspelt settings taken in silence",
        "class Settings(framecast.Settings):",
        'class Settings(framecast.Settings, extra="ignore"):',
        "refuses_illegal_settings_with_words",
    ),
    Bug(
        "model",
        "the last frame seen as a prediction of itself",
        "torch.stack(predictions, 1)",
        "torch.stack([frames[:, -1], *predictions], 1)",
        "the_past_does_not_know_the_future",
    ),
    Bug(
        "model",
        "a sum that only fp32 can hold",
        "last + self.change(hidden)",
        "last + (self.change(hidden) + 1e4 - 1e4)",
        "bf16_is_near_fp32",
    ),
    Bug(
        "conv3d",
        "a reading of frames to come",
        "convolution(passed_NCTHW.where(seen_N1T11, 0))",
        "convolution(passed_NCTHW)",
        "the_past_does_not_know_the_future",
    ),
    Bug(
        "conv_lstm",
        "bytes that are no checkpoint",
        "except Exception as error:  # bytes",
        "except OSError as error:  # bytes",
        "refuses_what_is_no_published_checkpoint",
    ),
    Bug(
        "conv_lstm",
        "a gradient that ends where layers are computed again",
        "checkpoint(scan, *segment,",
        "checkpoint(scan, *segment[:2], inputs_TBIHW.detach(), state,",
        "computes_layers_again_on_demand",
    ),
    Bug(
        "digit_motions",
        "classes counted from 1",
        '"label": torch.tensor(label)',
        '"label": torch.tensor(label + 1)',
        "clips_are_as_declared",
    ),
    Bug(
        "digit_motions",
        "validation clips that vary",
        'self._fresh = settings.fresh and split == "train"',
        "self._fresh = settings.fresh",
        "an_epoch_says_which_clips_it_has",
    ),
    Bug(
        "dataset",
        "everybody's generator seeded",
        "sequence = np.random.SeedSequence(",
        "np.random.seed(index)\n        sequence = np.random.SeedSequence(",
        "leaves_the_process_as_it_was",
    ),
    Bug(
        "video_folder",
        "a store made anew each time",
        "    found = find_videos(settings.folder)\n    store",
        "    import shutil\n\n    shutil.rmtree(settings.store, ignore_errors=True)\n"
        "    found = find_videos(settings.folder)\n    store",
        "files_are_made_ready_once",
    ),
    Bug(
        "gridded",
        "an error from deep within where a file is missing",
        'raise framecast.InputError(f"data.path: {path}: {missing}")',
        "raise FileNotFoundError(path)",
        "missing_files_are_refused_with_words",
    ),
    Bug(
        "gridded",
        "an error from deep within where a file is damaged",
        "        text = str(error)\n        raise framecast.InputError(text if text.startswith(",
        "        text = str(error)\n        raise OSError(text if text.startswith(",
        "damaged_files_are_refused_with_words",
    ),
    Bug(
        "metric",
        "the last batch alone",
        "        def measure(",
        "        def update(self, prediction, target, mask=None):\n"
        "            self.state = None\n"
        "            return super().update(prediction, target, mask)\n\n"
        "        def measure(",
        "the_size_of_batches_does_not_matter",
    ),
    Bug(
        "metric",
        "sums in single precision",
        "        def measure(",
        "        def update(self, prediction, target, mask=None):\n"
        "            values = super().update(prediction, target, mask)\n"
        "            self.state = self.state.float()\n"
        "            return values\n\n"
        "        def measure(",
        "the_number_of_processes_does_not_matter",
    ),
    Bug(
        "video_prediction",
        "draws that a resumed run does not repeat",
        'progress.uniform(frames_out - 1, "truth")',
        "torch.rand(len(frames_BTCHW), frames_out - 1)",
        "its_draws_depend_on_the_position_alone",
    ),
    Bug(
        "task",
        "frames under a name that no metric knows",
        'compared={"frames"',
        'compared={"images"',
        "it_trains_in_a_real_run",
    ),
    Bug(
        "early_stopping",
        "a reason that is lost",
        'f"{self._settings.monitor} has not improved on {best} in {self._borne} evaluations"',
        '""',
        "asks_the_context_to_stop",
    ),
]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some of the bugs write into the folder one works in; copies of packages are imported from there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)


class Copy:
    """A sound plugin in `folder`: one that was just begun, or our own under another name."""

    _numbers = itertools.count()

    def __init__(self, plugin: str, folder: Path) -> None:
        self.given, self.folder = GIVEN.get(plugin, CheckOptions()), folder
        if plugin in SCAFFOLDS:
            self.name = f"my_{plugin}"
            self.files = [PluginTemplate(self.name, plugin, single_file=True).write(folder)]
            self.place = str(self.files[0])
            return
        self.name, self.place = f"copied_{plugin}", f"copy_{next(self._numbers)}_of_{PACKAGES[plugin]}"
        spec = importlib.util.find_spec(PACKAGES[plugin])
        assert spec is not None
        assert spec.origin is not None
        shutil.copytree(Path(spec.origin).parent, folder / self.place)
        self.files = sorted((folder / self.place).rglob("*.py"))
        for file in self.files:
            text = file.read_text().replace(PACKAGES[plugin], self.place)
            file.write_text(re.sub(r'\bname="(\w+)"', r'name="copied_\1"', text))

    def sow(self, bug: Bug) -> None:
        """Fails where the plugin has not the sound text any more."""
        (file,) = [file for file in self.files if bug.sound in file.read_text()]
        file.write_text(file.read_text().replace(bug.sound, bug.sick, 1))

    def found(self, check: str) -> CheckResult:
        """What comes of the check of that name."""
        inspections = Inspection.all(self.place, self.given, self.folder, self.folder)
        (inspection,) = [each for each in inspections if each.subject.declaration.name == self.name]
        (wanted,) = [each for each in checks(inspection.subject.kind) if each.__name__ == check]
        return inspection.finding(wanted)


@pytest.mark.slow
@pytest.mark.parametrize("plugin", [*SCAFFOLDS, *PACKAGES])
def test_before_it_is_sown_with_bugs_the_plugin_is_sound(plugin: str, tmp_path: Path) -> None:
    copy = Copy(plugin, tmp_path)
    for check in dict.fromkeys(bug.check for bug in BUGS if bug.plugin == plugin):
        finding = copy.found(check)
        assert finding.state != "FAIL", describe(finding)


@pytest.mark.slow
@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: f"{bug.plugin}: {bug.name}")
def test_a_bug_is_found_by_the_check_that_tells_how_to_mend_it(bug: Bug, tmp_path: Path) -> None:
    copy = Copy(bug.plugin, tmp_path)
    copy.sow(bug)
    finding = copy.found(bug.check)
    assert finding.state == "FAIL", f"not found by {bug.check}"
    assert finding.reason
    assert finding.advice


@pytest.mark.parametrize("kind", KINDS)
def test_every_check_finds_a_bug(kind: str) -> None:
    assert {check.__name__ for check in checks(kind)} <= {bug.check for bug in BUGS}
