"""`platform plugins check`: a line for each point of the contract, and an exit code for scripts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from framecast.testing.inspection import checks
from framecast.testing.metric_checks import the_size_of_batches_does_not_matter

FORGETFUL = '''
import framecast
from pydantic import Field


class Settings(framecast.Settings):
    power: int = Field(2, ge=1, le=4)
    """Power of the error."""


def build(settings, value_range):
    class LastBatch(framecast.StreamingMetric):
        """Forgets all batches but the last."""

        def update(self, prediction, target, mask=None):
            self.state = None
            return super().update(prediction, target, mask)

        def measure(self, prediction, target, mask):
            return (prediction - target).abs().pow(settings.power).mean((2, 3, 4))

    return LastBatch()


@framecast.hookimpl
def framecast_metrics():
    yield framecast.Metric(
        name="last_batch", summary="The last batch", settings=Settings, build=build, direction="min"
    )
'''


@pytest.fixture
def forgetful(tmp_path: Path) -> Path:
    file = tmp_path / "forgetful.py"
    file.write_text(FORGETFUL)
    return file


def test_a_sound_plugin_has_a_line_for_each_check_and_leaves_with_0(platform) -> None:
    answer = platform("plugins", "check", "mse")
    assert answer.code == 0
    *lines, counts = answer.out.splitlines()
    assert len(lines) == len(checks("metric"))
    assert all(line.startswith(("ok        metric mse: ", "left out  metric mse: ")) for line in lines)
    assert counts == f"{len(lines) - 1} ok, 0 failed, 1 left out"


def test_a_broken_promise_leaves_with_1_and_says_what_to_do(platform, forgetful: Path) -> None:
    answer = platform("plugins", "check", forgetful)
    assert answer.code == 1
    (line,) = [line for line in answer.out.splitlines() if line.startswith("FAIL") and "size of batches" in line]
    assert line.startswith("FAIL      metric last_batch: the size of batches does not matter: in batches of 1")
    advice = (the_size_of_batches_does_not_matter.__doc__ or "").splitlines()[0]
    assert f"          {advice}\n" in answer.out


def test_what_the_plugin_raises_is_shown_with_its_line(platform, forgetful: Path) -> None:
    forgetful.write_text(FORGETFUL.replace("settings.power)", "settings.powr)"))
    answer = platform("plugins", "check", forgetful)
    assert answer.code == 1
    assert "AttributeError: 'Settings' object has no attribute 'powr'" in answer.out
    assert f'File "{forgetful}", line 20, in measure' in answer.out


def test_for_programs_the_same_is_json(platform, forgetful: Path) -> None:
    answer = platform("plugins", "check", forgetful, "--json")
    assert answer.code == 1
    findings = json.loads(answer.out)
    assert [each["check"] for each in findings] == [check.__name__ for check in checks("metric")]
    assert {each["state"] for each in findings} == {"ok", "FAIL", "left out"}
    assert all(each["advice"] for each in findings)


def test_settings_are_those_that_are_checked(platform) -> None:
    small = ["size=16", "digit_size=7", "train_clips=12", "validation_clips=4", "test_clips=4"]
    answer = platform("plugins", "check", "moving_mnist", *small)
    assert answer.code == 0
    assert "ok        data moving_mnist: clips are as declared" in answer.out


def test_every_declaration_of_a_file_is_checked(platform, forgetful: Path) -> None:
    another = FORGETFUL.partition("    yield ")[2].replace("last_batch", "other")
    forgetful.write_text(f"{FORGETFUL}    yield {another}")
    findings = json.loads(platform("plugins", "check", forgetful, "--json").out)
    assert len(findings) == 2 * len(checks("metric"))
    assert {each["name"] for each in findings} == {"last_batch", "other"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["conv_lsmt"], "nothing installed is called 'conv_lsmt', did you mean conv_lstm?"),
        (["./no.py"], "no such file or folder"),
        (["mse", "protocoll=openstl"], "metric.protocoll: unknown key, did you mean protocol?"),
        (["mse", "protocol"], "write key.path=value"),
        (["kth"], "data.root: is required"),
    ],
)
def test_wrong_input_leaves_with_2_and_checks_nothing(platform, arguments: list[str], words: str) -> None:
    answer = platform("plugins", "check", *arguments)
    assert (answer.code, answer.out) == (2, "")
    assert words in answer.err


def test_a_file_that_cannot_be_imported_leaves_with_2_and_the_reason(platform, forgetful: Path) -> None:
    forgetful.write_text("import no_such_module\n")
    answer = platform("plugins", "check", forgetful)
    assert answer.code == 2
    assert "No module named 'no_such_module'" in answer.err
