"""`conformance`: the kit as a class of tests, for one line in a test file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from framecast.testing.check_options import CheckOptions
from framecast.testing.inspection import Check, CheckResult, Inspection, checks, found
from framecast.testing.plugin_under_test import PluginUnderTest


def conformance(
    plugin: str,
    *,
    settings: Mapping[str, Any] | Callable[[Path], Mapping[str, Any]] | None = None,
    frames_in: int = 10,
    frames_out: int = 3,
    reference: Callable[[Any, Any], float] | None = None,
    job: Mapping[str, Any] | None = None,
) -> type:
    """A class of tests, one for each check and declaration: of a file (relative to the test file that calls
    this), of a module, or of what is installed by that name.

        TestMyCell = framecast.testing.conformance("../my_cell.py", settings={"width": 4})

    `CheckOptions` describes the other arguments. The name that you assign it to has to begin with "Test". Raises
    InputError where there is no such plugin, or it is broken.
    """
    import pytest

    given = CheckOptions(settings or {}, frames_in, frames_out, reference, job or {})
    beside = Path(sys._getframe(1).f_globals.get("__file__", "")).resolve().parent
    registry, entries = found(plugin, beside)
    inspections: dict[int, Inspection] = {}
    cases = [
        pytest.param(number, check, id=f"{entry.kind} {entry.declaration.name}: {_words(check)}")
        for number, entry in enumerate(entries)
        for check in checks(entry.kind)
    ]

    class Conformance:
        """The checks of one plugin."""

        @pytest.mark.conformance
        @pytest.mark.parametrize(("number", "check"), cases)
        def test(self, number: int, check: Check, tmp_path_factory: pytest.TempPathFactory) -> None:
            if number not in inspections:
                folder = tmp_path_factory.mktemp("conformance")
                inspections[number] = Inspection(entries[number], registry, given, folder)
            finding = inspections[number].finding(check)
            if finding.state == "left out":
                pytest.skip(finding.reason)
            if finding.state == "FAIL":
                pytest.fail(describe(finding), pytrace=False)

    return Conformance


def describe(finding: CheckResult) -> str:
    """A failure in full: what is wrong, what the contract says, and where the plugin raised."""
    parts = [f"{finding.kind} {finding.name}: {finding.reason}", finding.advice, finding.where]
    return "\n\n".join(part for part in parts if part)


def _words(check: Callable[[PluginUnderTest], None]) -> str:
    return check.__name__.replace("_", " ")
