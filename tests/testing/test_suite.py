"""The one line in a test file: real pytest sessions, in folders that know nothing of this project."""

from __future__ import annotations

from pathlib import Path

import pytest

from framecast.errors import InputError
from framecast.scaffold.plugin_template import PluginTemplate
from framecast.testing import conformance
from framecast.testing.inspection import CheckResult, checks
from framecast.testing.model_shape_checks import answers_in_the_right_shape
from framecast.testing.suite import describe

pytest_plugins = "pytester"
SUITE = """
import framecast.testing

TestMyMetric = framecast.testing.conformance(
    "../my_metric.py",
    reference=lambda prediction, target: float(((prediction - target).abs() ** 1.5).mean()),
)


def test_of_something_else():
    pass
"""


@pytest.fixture
def plugin(pytester: pytest.Pytester) -> Path:
    """A sound metric, my_metric.py, and beside it a folder of tests."""
    file = PluginTemplate("my_metric", "metric", single_file=True).write(pytester.path)
    (pytester.path / "tests").mkdir()
    (pytester.path / "tests" / "test_my_metric.py").write_text(SUITE)
    return file


def session(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return pytester.runpytest_subprocess("-p", "no:cacheprovider", "--strict-markers", *arguments)


@pytest.mark.slow
def test_each_check_of_a_sound_plugin_is_a_test_that_passes(pytester: pytest.Pytester, plugin: Path) -> None:
    """And its name says what holds, whatever folder pytest is started in."""
    answer = session(pytester, "-v", "-m", "conformance")
    answer.assert_outcomes(passed=len(checks("metric")), deselected=1)
    answer.stdout.fnmatch_lines(["*metric my_metric: the size of batches does not matter* PASSED*"])


@pytest.mark.slow
def test_a_failure_says_what_is_wrong_what_the_contract_is_and_where(
    pytester: pytest.Pytester, plugin: Path
) -> None:
    """Its traceback is the plugin's; the lines of the kit's own test are nobody's business."""
    sound = plugin.read_text()
    plugin.write_text(sound.replace("** self.power", "** self.powr"))
    answer = session(pytester, "-k", "batches")
    answer.assert_outcomes(failed=1, deselected=len(checks("metric")))
    answer.stdout.fnmatch_lines(
        [
            "metric my_metric: AttributeError: 'MyMetric' object has no attribute 'powr'",
            "A score is the same however clips were cut into batches: *",
            "Traceback (most recent call last):",
            f'  File "{plugin}", line *, in measure',
            "    error = (prediction - target).abs() ** self.powr",
        ]
    )
    assert "pytest.fail" not in answer.stdout.str()


def test_what_is_left_out_is_skipped_with_its_reason(pytester: pytest.Pytester, plugin: Path) -> None:
    suite = pytester.path / "tests" / "test_my_metric.py"
    suite.write_text('import framecast.testing\n\nTestIt = framecast.testing.conformance("../my_metric.py")\n')
    answer = session(pytester, "-rs", "-k", "agrees")
    answer.assert_outcomes(skipped=1, deselected=len(checks("metric")) - 1)
    answer.stdout.fnmatch_lines(["*the kit was given no reference: conformance(..., reference=slow_form)"])


def test_a_session_without_suites_loads_no_torch_for_the_mark(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("import sys\n\n\ndef test_lean():\n    assert 'torch' not in sys.modules\n")
    session(pytester).assert_outcomes(passed=1)


def test_installed_plugins_and_files_beside_the_caller_are_found_others_are_named() -> None:
    assert conformance("mse").__doc__ == "The checks of one plugin."
    with pytest.raises(InputError, match=f"no such file or folder: {Path(__file__).parent / 'nowhere.py'}"):
        conformance("./nowhere.py")


def test_a_failure_without_a_traceback_has_two_parts() -> None:
    advice = answers_in_the_right_shape.__doc__ or ""
    finding = CheckResult("model", "mine", "answers_in_the_right_shape", "FAIL", "it returns (2, 3)", advice)
    assert describe(finding) == f"model mine: it returns (2, 3)\n\n{advice}"
