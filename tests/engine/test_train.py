"""What one attempt at a run takes from its job."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from framecast.engine.distributed_context import DistributedContext
from framecast.engine.train import train
from framecast.job.checkpoints import Checkpoints
from framecast.job.deepspeed import DeepSpeed
from framecast.job.document import Document
from framecast.job.plan import Plan
from framecast.job.training import Optimizer, Schedule, Training
from framecast.launch.launch import create_run
from framecast.plugin.settings import Settings


def test_every_setting_of_how_to_train_is_read_in_a_run(
    tiny_plan: Callable[..., Plan], runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By one of the strategies; a key that no run reads would do nothing. They were validated before."""
    read: set[tuple[type[Settings], str]] = set()

    def recording(settings: Settings, name: str) -> Any:
        read.add((type(settings), name))
        return object.__getattribute__(settings, name)

    for strategy in ("torch", "deepspeed"):
        plan = tiny_plan(training={"strategy": strategy, "epochs": 2, "schedule": "cosine"})
        run = create_run(plan, Document.from_data({}), runs)
        with monkeypatch.context() as patch:
            patch.setattr(Settings, "__getattribute__", recording, raising=False)
            train(plan, run, DistributedContext.single_process(torch.device("cpu")))
    sections = (Training, Optimizer, Schedule, DeepSpeed, Checkpoints)
    known = {(section, name) for section in sections for name in section.model_fields}
    assert not {f"{section.__name__}.{name}" for section, name in known - read}
