"""What travels with a job is enough to understand it elsewhere."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from framecast.cluster.bundle import JOB, SENDER, pack, pack_package
from framecast.job.load import load_job, load_plan
from framecast.job.resolve import make_plan


def test_the_job_arrives_at_full_length_with_its_local_plugins(
    tmp_path: Path, tiny_job: Callable[..., dict[str, Any]], stopping_plugin: str
) -> None:
    base, job = tmp_path / "base.yaml", tmp_path / "job.yaml"
    YAML().dump(tiny_job(), base)
    YAML().dump({"extends": "base.yaml", "name": "sent", "callbacks": ["early"]}, job)
    document, registry = load_job(job, ["training.epochs=7"], [stopping_plugin, "no:tensorboard"])
    here = make_plan(document, registry)
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    pack(folder, document, registry)
    Path(stopping_plugin).unlink()
    base.unlink()
    _, there = load_plan(folder / JOB, [], [])
    left_out = {"callbacks"}
    assert there.job.model_dump(exclude=left_out) | {"plugins": [], "extends": None} == here.job.model_dump(
        exclude=left_out
    ) | {"plugins": [], "extends": None}
    (early,) = there.callbacks
    assert early.name == "early"
    assert Path(early.source.path).is_relative_to(folder)
    assert "no:tensorboard" in (folder / JOB).read_text()
    assert (folder / SENDER).exists()


@pytest.mark.slow
def test_the_package_arrives_such_that_python_finds_it_and_its_plugins(tmp_path: Path) -> None:
    pack_package(tmp_path)
    code = (
        "import framecast; from framecast.registry.entry_points import read_entry_points\n"
        "print(framecast.__file__); print(*[each.source.module for each in read_entry_points().names])"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert said[0].startswith(str(tmp_path))
    assert "framecast_conv_tt_lstm" in said[1].split()
