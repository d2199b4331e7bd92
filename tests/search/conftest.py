"""A job with a space, a plugin whose model fails on demand, and trials made without training."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from framecast.job.document import Document
from framecast.job.search import Search
from framecast.registry.registry import Registry
from framecast.search.space import Space
from framecast.search.trial import Trial
from tests.made_searches import story

MOODY = '''
import os
from typing import Literal

import framecast


class Moody(framecast.Settings):
    mood: Literal["good", "better", "raises", "memory", "nan", "dies"] = "good"
    """How its training goes."""


def build(settings, sample):
    import torch

    class Network(torch.nn.Module):
        """Repeats the last frame, a little dimmed; or fails at its third training step."""

        def __init__(self):
            super().__init__()
            self.dimming = torch.nn.Parameter(torch.tensor([0.9 if settings.mood == "good" else 0.5]))
            self.steps = 0

        def forward(self, frames, frames_out, *, truth=None, keep_truth=None):
            self.steps += self.training
            if self.steps == 3:
                if settings.mood == "raises":
                    raise ArithmeticError("the author divided by zero")
                if settings.mood == "memory" and len(frames) > 2:
                    raise MemoryError("out of memory: tried to allocate 64 GiB")
                if settings.mood == "dies":
                    os.kill(os.getpid(), 9)
            factor = self.dimming * (float("nan") if settings.mood == "nan" and self.steps == 3 else 1.0)
            return frames[:, -1:].expand(-1, frames_out, -1, -1, -1) * factor

    return Network()


@framecast.hookimpl
def framecast_models():
    yield framecast.Model(name="moody", summary="fails on demand", settings=Moody, build=build)
'''


@pytest.fixture
def moody(tmp_path: Path) -> Path:
    """The path of a plugin with the model `moody`."""
    file = tmp_path / "moody.py"
    file.write_text(MOODY)
    return file


@pytest.fixture
def space_of(tiny_job: Callable[..., dict[str, Any]]) -> Callable[..., Space]:
    """Makes the space of a search over the tiny job: space_of({"model.rank": {"int": [1, 4]}}, trials=5)."""
    registry = Registry.discover()

    def space(parameters: dict[str, Any], base: dict[str, Any] | None = None, **search: Any) -> Space:
        block = {"parameters": parameters, **search}
        document = Document.from_data({**tiny_job(**(base or {})), "search": block})
        return Space(Search.model_validate(block, strict=False), document, registry)

    return space


@pytest.fixture
def trial_of(tmp_path: Path) -> Callable[..., Trial]:
    """Makes a trial that ended so, with scores by epoch: trial_of(space, 3, point, "finished", [0.3, 0.2])."""

    def trial(space: Space, number: int, point: dict[str, Any], state: str, scores: list[float]) -> Trial:
        run = Trial.create(tmp_path / "trials", number, 1, point, "", space.plan(point).to_yaml())
        for event in story(state, scores):
            run.journal.append(event)
        return Trial.of(run)

    return trial
