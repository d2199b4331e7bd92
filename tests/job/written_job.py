"""A small job in a file, for the tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from framecast.errors import InputError
from framecast.job.load import load_plan
from framecast.job.plan import Plan

JOB = """\
name: tiny
task: {name: video_prediction, frames_in: 2, frames_out: 3}
model:
  name: conv_tt_lstm
  layers_per_block: [1]
  hidden_channels: [2]
data: {name: moving_mnist, size: 16, digit_size: 7}
"""


def plan_of(folder: Path, text: str = JOB, *overrides: str, plugins: tuple[str, ...] = ()) -> Plan:
    (folder / "job.yaml").write_text(text)
    return load_plan(folder / "job.yaml", list(overrides), list(plugins))[1]


def refusals(folder: Path, text: str, *overrides: str) -> list[str]:
    with pytest.raises(InputError) as refused:
        plan_of(folder, text, *overrides)
    return [str(problem).removeprefix(f"{folder}/") for problem in refused.value.problems]
