"""Which declarations a text means, and what becomes of a check that passes, fails, raises or does not apply."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from framecast.errors import InputError
from framecast.plugin.kinds import KINDS
from framecast.scaffold.plugin_template import PluginTemplate
from framecast.testing import CheckOptions, Inspection
from framecast.testing.inspection import checks, found
from framecast.testing.plugin_under_test import PluginUnderTest
from framecast.testing.verdict import LeftOut, require


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return PluginTemplate("my_metric", "metric", single_file=True).write(tmp_path)


@pytest.fixture
def inspection(file: Path, tmp_path: Path) -> Inspection:
    (inspected,) = Inspection.all(str(file), CheckOptions(), tmp_path, tmp_path)
    return inspected


def holds(subject: PluginUnderTest) -> None:
    """Nothing to mend."""
    require(subject.settings.power == 1.5, "it has another power")


def breaks(subject: PluginUnderTest) -> None:
    """Mend it thus."""
    require(False, "it is broken")


def raises(subject: PluginUnderTest) -> None:
    """Raise nothing."""
    raise KeyError("a word")


def ends_the_process(subject: PluginUnderTest) -> None:
    """Leave the process alone."""
    raise SystemExit(3)


def does_not_apply(subject: PluginUnderTest) -> None:
    """Only of others."""
    raise LeftOut("it is none of them")


def disturbs(subject: PluginUnderTest) -> None:
    """Leave torch as it was."""
    torch.set_default_dtype(torch.float64)
    torch.set_grad_enabled(False)
    torch.set_num_threads(torch.get_num_threads() + 2)
    torch.manual_seed(5)
    np.random.seed(5)


def test_a_check_that_returns_has_nothing_to_say(inspection: Inspection) -> None:
    finding = inspection.finding(holds)
    assert (finding.state, finding.reason, finding.where) == ("ok", "", "")
    assert (finding.kind, finding.name, finding.check) == ("metric", "my_metric", "holds")


def test_a_broken_promise_is_a_reason_without_a_traceback(inspection: Inspection) -> None:
    finding = inspection.finding(breaks)
    assert (finding.state, finding.reason, finding.where) == ("FAIL", "it is broken", "")
    assert finding.advice == "Mend it thus."


@pytest.mark.parametrize(
    ("check", "reason"), [(raises, "KeyError: 'a word'"), (ends_the_process, "SystemExit: 3")]
)
def test_whatever_a_plugin_raises_is_a_failure_with_its_traceback(
    inspection: Inspection, check, reason: str
) -> None:
    finding = inspection.finding(check)
    assert (finding.state, finding.reason) == ("FAIL", reason)
    assert f"in {check.__name__}" in finding.where


def test_what_does_not_apply_is_left_out_for_a_reason(inspection: Inspection) -> None:
    finding = inspection.finding(does_not_apply)
    assert (finding.state, finding.reason) == ("left out", "it is none of them")


def test_no_check_disturbs_those_after_it(inspection: Inspection) -> None:
    torch.manual_seed(1)
    np.random.seed(1)
    expected = torch.rand(3), np.random.rand(3)
    torch.manual_seed(1)
    np.random.seed(1)
    threads = torch.get_num_threads()
    inspection.finding(disturbs)
    assert torch.is_grad_enabled()
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.rand(3), expected[0])  # of the default dtype too
    assert np.array_equal(np.random.rand(3), expected[1])


def test_a_file_means_what_it_declares_and_a_name_what_is_installed(file: Path, tmp_path: Path) -> None:
    def names(plugin: str) -> list[tuple[str, str]]:
        return [(entry.kind, entry.declaration.name) for entry in found(plugin, tmp_path)[1]]

    assert names("./my_metric.py") == names(str(file)) == [("metric", "my_metric")]
    assert names("mse") == [("metric", "mse")]
    assert set(names("framecast_conv_tt_lstm")) == {("model", "conv_lstm"), ("model", "conv_tt_lstm")}


def test_what_is_nowhere_or_broken_is_refused_with_words(file: Path, tmp_path: Path) -> None:
    file.write_text("1 / 0\n")
    for plugin, words in {
        "./nowhere.py": "no such file or folder",
        "msee": "nothing installed is called 'msee', did you mean mse",
        "./my_metric.py": "is broken: ZeroDivisionError",
    }.items():
        with pytest.raises(InputError, match=words):
            found(plugin, tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_every_check_says_what_it_asks(kind: str) -> None:
    """For that is what a failure shows."""
    assert not [check.__name__ for check in checks(kind) if not check.__doc__]
