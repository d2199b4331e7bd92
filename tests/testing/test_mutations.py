"""The kit catches what it says: bugs sown into sound plugins, at least five for each kind, each found by the check
whose advice mends it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from framecast.scaffold.beginning import Beginning
from framecast.testing import Given, Inspection
from framecast.testing.inspection import checks
from framecast.testing.suite import told

GIVEN = {
    "dataset": Given({"clips": 40, "size": 16}),
    "metric": Given(reference=lambda prediction, target: float(((prediction - target).abs() ** 1.5).mean())),
}


@dataclass(frozen=True)
class Bug:
    """`sound` in the plugin's text becomes `sick`, and `check` finds it."""

    kind: str
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
        "torch.where(keep, truth[:, step], prediction)",
        "torch.where(keep, truth[:, min(step + 1, truth.shape[1] - 1)], prediction)",
        "truth_takes_the_place_of_its_own_output",
    ),
    Bug(
        "model",
        "frames that shrink",
        "hidden_channels, 3, padding=1)",
        "hidden_channels, 3)",
        "answers_in_the_right_shape",
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
        "hears_every_event_of_a_run",
    ),
    Bug(
        "callback",
        "an answer that means nothing",
        "        return None",
        "        return True",
        "answers_nothing_or_stop",
    ),
    Bug(
        "callback",
        "the process ended",
        'file = run_folder / "my_callback.csv"',
        'file = run_folder / "my_callback.csv"\n    if not run_folder.is_dir():\n        raise SystemExit(1)',
        "asks_to_stop_in_the_open",
    ),
    Bug(
        "callback",
        "files where one happens to be",
        "file = run_folder /",
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
]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some of the bugs write into the folder one works in."""
    monkeypatch.chdir(tmp_path)


def written(kind: str, folder: Path) -> Path:
    """A sound plugin of that kind, one file."""
    return Beginning(f"my_{kind}", kind, single_file=True).write(folder)


def inspection(file: Path, kind: str, folder: Path) -> Inspection:
    (found,) = Inspection.all(str(file), GIVEN.get(kind, Given()), folder, folder)
    return found


@pytest.mark.parametrize("kind", ["model", "dataset", "metric", "task", "callback"])
def test_before_it_is_sown_with_bugs_the_plugin_is_sound(kind: str, tmp_path: Path) -> None:
    for finding in inspection(written(kind, tmp_path), kind, tmp_path).findings():
        assert finding.state != "FAIL", told(finding)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: f"{bug.kind}: {bug.name}")
def test_a_bug_is_found_by_the_check_that_tells_how_to_mend_it(bug: Bug, tmp_path: Path) -> None:
    file = written(bug.kind, tmp_path)
    text = file.read_text()
    assert bug.sound in text, "the plugin has changed: sow the bug elsewhere"
    file.write_text(text.replace(bug.sound, bug.sick, 1))

    inspected = inspection(file, bug.kind, tmp_path)
    (check,) = [each for each in checks(inspected.subject.kind) if each.__name__ == bug.check]
    finding: Any = inspected.finding(check)

    assert finding.state == "FAIL", f"not found by {bug.check}"
    assert finding.reason
    assert finding.advice


def test_every_kind_has_five_bugs_or_more() -> None:
    counts = {kind: sum(bug.kind == kind for bug in BUGS) for kind in GIVEN.keys() | {bug.kind for bug in BUGS}}
    assert len(counts) == 5
    assert min(counts.values()) >= 5
