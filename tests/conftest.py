"""What many tests share: the smallest job that trains for real, and a plugin that stops or breaks on purpose."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from framecast.job.document import Document
from framecast.job.plan import Plan
from framecast.job.resolve import make_plan
from framecast.registry.registry import Registry

hypothesis.settings.register_profile(
    "framecast",
    deadline=None,
    derandomize="SAME_INPUTS" in os.environ,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],  # on a loaded machine every input is slow
)
hypothesis.settings.load_profile("framecast")


@pytest.hookimpl(tryfirst=True)  # before xdist writes the groups down
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where tests run side by side, those of a file stay together, for they share fixtures; and all that start a
    Ray session, for one would find another. Those take longest, so they begin first."""
    of_ray = {item.path for item in items if item.get_closest_marker("ray")}
    for item in items:
        item.add_marker(pytest.mark.xdist_group("ray" if item.path in of_ray else str(item.path)))
    items.sort(key=lambda item: item.path not in of_ray)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The table of the inputs that tests/untrusted tried, where it did."""
    reports = [each for name in ("passed", "failed") for each in terminalreporter.stats.get(name, [])]
    tried = [value for each in reports for name, value in each.user_properties if name == "untrusted"]
    if not tried:
        return
    counts = Counter(each["outcome"] for each in tried)
    largest = max(tried, key=lambda each: each["megabytes"])
    longest = max(tried, key=lambda each: each["seconds"])
    terminalreporter.section("untrusted input")
    for name, value in (
        ("inputs tried", f"{len(tried):,} on {len({each['reader'] for each in tried})} readers"),
        ("read, as they were sound enough", f"{counts['works']:,}"),
        ("one sentence", f"{counts['sentence']:,}"),
        ("left out with a note", f"{counts['skipped']:,}"),
        ("tracebacks", f"{counts['traceback']:,}"),
        ("killed or without an answer", f"{counts['killed'] + counts['hangs']:,}"),
        ("largest memory", f"{largest['megabytes']:,} MB ({largest['reader']})"),
        ("longest time", f"{longest['seconds']:.1f} s ({longest['reader']})"),
    ):
        terminalreporter.write_line(f"{name:32} {value}")


@pytest.fixture(scope="session", autouse=True)
def _state_of_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What tests submit is not noted among what the user has submitted."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


_PLUGIN = '''
import framecast
from pydantic import Field


class AtStep(framecast.Settings):
    at: int = Field(1, ge=1)
    """The step at which it acts."""


def interrupter(settings, context):
    def listen(event, context):
        if isinstance(event, framecast.events.StepDone) and event.step == settings.at:
            (context.folder / "stop").write_text("a test")
    return listen


def early(settings, context):
    def listen(event, context):
        if isinstance(event, framecast.events.StepDone) and event.step == settings.at:
            context.request_stop("enough")
    return listen


def broken(settings, context):
    def listen(event, context):
        raise OSError("the tracker is down")
    return listen


def fragile(settings, sample):
    from torch import nn

    class Fragile(nn.Module):
        """Predicts well until its eighth training step, then nonsense."""

        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.ones(()))
            self.steps = 0

        def forward(self, frames, frames_out, *, truth=None, keep_truth=None):
            self.steps += self.training
            poison = float("nan") if self.steps == 8 else 1.0
            return frames[:, -1:].expand(-1, frames_out, -1, -1, -1) * self.scale * poison

    import torch

    return Fragile()


@framecast.hookimpl
def framecast_models():
    yield framecast.Model(name="fragile", summary="breaks at its eighth step", build=fragile)


@framecast.hookimpl
def framecast_callbacks():
    yield framecast.Callback(name="interrupter", summary="interrupts", settings=AtStep, build=interrupter)
    yield framecast.Callback(name="early", summary="stops early", settings=AtStep, build=early)
    yield framecast.Callback(name="broken_tracker", summary="raises", build=broken)
'''


@pytest.fixture(scope="session", autouse=True)
def _requests_seen_at_once() -> Iterator[None]:
    """A request to stop is seen after the step in which it was written: steps of tests take milliseconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FRAMECAST_POLL_SECONDS", "0")
        yield


@pytest.fixture(autouse=True)
def no_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own cluster must not get the tests' runs."""
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setenv("FRAMECAST_CONFIRMED_ADDRESSES", "")  # what one test names, another has not named


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of runs, which the command line uses as well."""
    root = tmp_path / "runs"
    monkeypatch.setenv("FRAMECAST_RUNS", str(root))
    return root


@pytest.fixture
def stopping_plugin(tmp_path: Path) -> str:
    """The path of a real plugin: callbacks interrupter, early and broken_tracker, and the model fragile."""
    file = tmp_path / "stopping.py"
    file.write_text(_PLUGIN)
    return str(file)


@pytest.fixture
def tiny_job() -> Callable[..., dict[str, Any]]:
    """Makes the tiny job, with other settings laid over its sections: tiny_job(training={"epochs": 1})."""
    return _tiny_job


@pytest.fixture
def tiny_plan(request: pytest.FixtureRequest) -> Callable[..., Plan]:
    """Makes the tiny job's plan; with the stopping plugin where the test asks for that."""
    named = [request.getfixturevalue("stopping_plugin")] if "stopping_plugin" in request.fixturenames else []
    registry = Registry.discover(named)
    return lambda **sections: make_plan(Document.from_data(_tiny_job(**sections)), registry)


def _tiny_job(**sections: Any) -> dict[str, Any]:
    """Two digits of 7 pixels on 16x16 frames, a one-layer network: a step takes milliseconds."""
    job: dict[str, Any] = {
        "name": "tiny",
        "task": {"name": "video_prediction", "frames_in": 2, "frames_out": 2, "sampling": {"ratio": 0.5}},
        "model": {
            "name": "conv_tt_lstm",
            "order": 2,
            "steps": 2,
            "rank": 2,
            "kernel_size": 3,
            "layers_per_block": [1],
            "hidden_channels": [4],
        },
        "data": {
            "name": "moving_mnist",
            "size": 16,
            "digit_size": 7,
            "train_clips": 24,
            "validation_clips": 5,
        },
        "metrics": ["mse", "ssim"],
        "training": {"epochs": 2, "batch_size": 4, "strategy": "torch"},
        "compute": {"cpus_per_worker": 1},
    }
    for section, values in sections.items():
        old = job.get(section)
        job[section] = {**old, **values} if isinstance(old, dict) and isinstance(values, dict) else values
    return job
