"""A training step launches and waits no more often than step_costs.json says.

With fewer, count anew and commit the file: `python tests/simulated_gpu/step_costs.py`. The same figures stand in
docs/benchmarks.md.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest

from tests.simulated_gpu.step_costs import STEPS, count, kept

_BENCHMARKS = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"


@pytest.mark.parametrize("name", STEPS)
def test_a_step_costs_no_more_than_it_did(name: str, tmp_path: Path) -> None:
    pytest.importorskip(
        "triton", reason="the figures are those with Triton's kernels, and Triton is not installed"
    )
    cost, report = count(name, tmp_path)
    before = asdict(kept()[name])
    more = {what: (before[what], value) for what, value in asdict(cost).items() if value > before[what]}
    assert not more, report


@pytest.mark.parametrize("name", STEPS)
def test_the_documentation_has_these_figures(name: str) -> None:
    cost = kept()[name]
    row = f"| {name} | {cost.launches:,} | {cost.waits} |"
    assert row in _BENCHMARKS.read_text()
