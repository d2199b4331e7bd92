"""A miniature of Something-Something V2 in its true format: VP9 in WebM, 240 pixels high, 12 frames a second, cut
from a real clip; and the official JSON files with their fields."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from framecast_something_something.prepare import prepare
from framecast_something_something.settings import SomethingSomethingSettings
from tests import real_clips

CLASSES = [
    "Holding something next to something",
    "Pushing something from left to right",
    "Opening something",
    "Covering something with something",
    "Moving part of something",
    "Dropping something onto something",
]
"""In the order of their numbers."""

BRACKETS = {"something": "[something]", "part of": "[part] of"}
LENGTHS = [12, 14, 16, 18, 20, 24, 28, 30, 36, 40]
TRAIN = [str(78687 + 1311 * number) for number in range(14)]
VALIDATION = [str(21000 + 777 * number) for number in range(6)]
UNLABELLED = "1420"


@pytest.fixture(scope="session")
def carphone() -> list[np.ndarray]:
    """120 frames of a man in a car, (144, 176, 3) uint8."""
    with av.open(str(real_clips.carphone())) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


@pytest.fixture(scope="session")
def official(tmp_path_factory: pytest.TempPathFactory, carphone: list[np.ndarray]) -> Path:
    """The miniature, for looking only: 14 training, 6 validation and 1 test clip, of 6 classes."""
    root = tmp_path_factory.mktemp("something")
    clips = root / "20bn-something-something-v2"
    clips.mkdir()
    for number, id in enumerate([*TRAIN, *VALIDATION, UNLABELLED]):
        begin = 5 * number % 80
        frames = carphone[begin : begin + LENGTHS[number % len(LENGTHS)]]
        _write_webm(clips / f"{id}.webm", frames, width=(294, 426, 180)[number % 3])
    _write_json(root / "something-something-v2-labels.json", {name: str(n) for n, name in enumerate(CLASSES)})
    _write_json(root / "something-something-v2-train.json", [_entry(id, n) for n, id in enumerate(TRAIN)])
    _write_json(
        root / "something-something-v2-validation.json", [_entry(id, n) for n, id in enumerate(VALIDATION)]
    )
    _write_json(root / "something-something-v2-test.json", [{"id": UNLABELLED}])
    return root


@pytest.fixture
def root(official: Path, tmp_path: Path) -> Path:
    """A copy of the miniature, to be spoiled."""
    return Path(shutil.copytree(official, tmp_path / "something"))


@pytest.fixture
def settings(official: Path) -> Callable[..., SomethingSomethingSettings]:
    """Makes small settings: settings(root, classes=...)."""

    def make(root: Path = official, **given: Any) -> SomethingSomethingSettings:
        return SomethingSomethingSettings(root=str(root), **{"size": (24, 32), **given})

    return make


@pytest.fixture(scope="session")
def prepared(official: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the miniature with its store, for reading only."""
    root = Path(shutil.copytree(official, tmp_path_factory.mktemp("prepared") / "something"))
    prepare(SomethingSomethingSettings(root=str(root), size=(24, 32)), lambda done, total: None)
    return root


@pytest.fixture
def rewrite() -> Callable[[Path, Callable[[Any], Any]], None]:
    """Changes what a JSON file holds: rewrite(file, lambda content: content[1:])."""

    def change(file: Path, how: Callable[[Any], Any]) -> None:
        _write_json(file, how(json.loads(file.read_text())))

    return change


def _entry(id: str, number: int) -> dict[str, Any]:
    template = CLASSES[number % len(CLASSES)]
    for word, bracketed in BRACKETS.items():
        template = template.replace(word, bracketed)
    label = template.replace("[something]", "a potato").replace("[part]", "the lid").lower()
    return {"id": id, "label": label, "template": template, "placeholders": ["a potato"] * template.count("[")}


def _write_json(file: Path, content: Any) -> None:
    file.write_text(json.dumps(content, indent=1))


def _write_webm(file: Path, frames: list[np.ndarray], width: int) -> None:
    with av.open(str(file), "w") as container:
        options = {"deadline": "realtime", "cpu-used": "8", "crf": "40", "b": "0"}
        stream = container.add_stream("libvpx-vp9", rate=12, options=options)
        stream.width, stream.height, stream.pix_fmt = width, 240, "yuv420p"
        for pixels in frames:
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(width, 240)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
