"""Every declaration that is installed keeps the contract of its kind.

Data sets read small real files, and models are small: their defaults are only built.
"""

from __future__ import annotations

import importlib.util
import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from skimage.metrics import structural_similarity

from framecast.registry.registry import Registry
from framecast.testing import CheckOptions, Inspection
from framecast.testing.inspection import COMPANIONS, checks
from framecast.testing.suite import describe
from tests.real_clips import real_video


def few_persons(folder: Path) -> dict[str, Any]:
    """KTH's boxing: 25 persons, four times each, eight frames that no other film has."""
    (folder / "boxing").mkdir()
    lines = []
    for number in range(100):
        name = f"person{number // 4 + 1:02d}_boxing_d{number % 4 + 1}"
        (folder / "boxing" / f"{name}_uncomp.avi").write_bytes(real_video("avi", 8, number))
        lines.append(f"{name}\tframes\t1-8")
    (folder / "00sequences.txt").write_text("\r\n".join(lines))
    return {"root": str(folder), "size": 16, "actions": ["boxing"], "stride": 8}


def few_actions(folder: Path) -> dict[str, Any]:
    """Something-Something: 14 training and 6 validation clips of two classes."""
    templates = ["Opening [something]", "Covering [something] with [something]"]
    train = [str(78687 + 1311 * number) for number in range(14)]
    validation = [str(21000 + 777 * number) for number in range(6)]
    for number, id in enumerate([*train, *validation]):
        (folder / f"{id}.webm").write_bytes(real_video("webm", 8, 5 * number, 48, 64))
    named = {template.replace("[", "").replace("]", ""): str(n) for n, template in enumerate(templates)}
    lists: dict[str, Any] = {"labels": named}
    for split, ids in (("train", train), ("validation", validation)):
        lists[split] = [
            {"id": id, "template": templates[n % 2], "label": "a door", "placeholders": ["a door"] * (n % 2 + 1)}
            for n, id in enumerate(ids)
        ]
    for name, content in lists.items():
        (folder / f"something-something-v2-{name}.json").write_text(json.dumps(content))
    return {"root": str(folder), "size": 16}


def few_videos(folder: Path) -> dict[str, Any]:
    """Six films of a talking man."""
    for number in range(6):
        (folder / f"{number}.mp4").write_bytes(real_video("mp4", 12, 17 * number, 48, 64))
    return {"root": str(folder), "size": 16}


def air(folder: Path) -> dict[str, Any]:
    """240 years of temperatures over North America."""
    spec = importlib.util.find_spec("iris_sample_data")
    assert spec is not None
    assert spec.origin is not None
    shutil.copyfile(Path(spec.origin).parent / "sample_data" / "E1_north_america.nc", folder / "air.nc")
    return {"path": str(folder / "air.nc")}


def mean_of(error: Callable[[Any], Any]) -> Callable[[Any, Any], float]:
    """The mean of an error over the pixels of a frame."""
    return lambda prediction, target: float(error(prediction.double() - target.double()).mean())


def similarity(prediction: torch.Tensor, target: torch.Tensor) -> float:
    """As scikit-image has it."""
    return float(structural_similarity(prediction[0].numpy(), target[0].numpy(), data_range=1.0))


squared = mean_of(torch.square)
SMALL = {"layers_per_block": [1, 2], "hidden_channels": [4, 4], "kernel_size": 3}
RECOGNISER = {"layers_per_block": [1, 1], "hidden_channels": [4, 6], "strides": [2, 2]}
GIVEN: dict[str, CheckOptions] = {
    "conv_lstm": CheckOptions(SMALL),
    "conv_tt_lstm": CheckOptions(SMALL),
    "predrnn": CheckOptions({"hidden_channels": [4, 4]}),
    "simvp": CheckOptions({"spatial_channels": 8, "temporal_channels": 32, "temporal_layers": 2}),
    "conv_lstm_recognition": CheckOptions(RECOGNISER),
    "conv_tt_lstm_recognition": CheckOptions(RECOGNISER),
    "conv3d": CheckOptions({"hidden_channels": [4, 6], "strides": [2, 2]}),
    "early_activity_recognition": CheckOptions({"frames": 8, "frames_out": 3}),
    "digit_motions": CheckOptions({"train_clips": 40, "validation_clips": 20, "test_clips": 20}),
    "moving_mnist": CheckOptions(
        {"size": 32, "digit_size": 14, "train_clips": 40, "validation_clips": 20, "test_clips": 20}
    ),
    "kth": CheckOptions(few_persons),
    "something_something": CheckOptions(few_actions),
    "video_folder": CheckOptions(few_videos),
    "gridded": CheckOptions(air),
    "mlflow": CheckOptions(lambda folder: {"tracking_uri": f"sqlite:///{folder}/mlflow.db"}),
    "wandb": CheckOptions({"mode": "offline"}),
    "mse": CheckOptions(reference=squared),
    "mae": CheckOptions(reference=mean_of(torch.abs)),
    "rmse": CheckOptions(reference=lambda prediction, target: math.sqrt(squared(prediction, target))),
    "psnr": CheckOptions(reference=lambda prediction, target: -10 * math.log10(squared(prediction, target))),
    "ssim": CheckOptions(reference=similarity),
    "accuracy": CheckOptions(reference=lambda logits, label: float(logits.argmax() == label)),
    "top5_accuracy": CheckOptions(reference=lambda logits, label: float(label in logits.topk(5).indices)),
}

DECLARED = [(each.kind, each.name) for each in Registry.discover().names()]
CASES = [
    pytest.param(kind, name, check, id=f"{kind} {name}: {check.__name__.replace('_', ' ')}")
    for kind, name in DECLARED
    for check in checks(kind)
]


@pytest.fixture(scope="module")
def inspected(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Inspection]:
    """The inspection of a declaration, which shares its files among the checks."""
    registry = Registry.discover()
    registry.add(COMPANIONS)
    known: dict[tuple[str, str], Inspection] = {}

    def inspection(kind: str, name: str) -> Inspection:
        if (kind, name) not in known:
            folder = tmp_path_factory.mktemp(name)
            known[kind, name] = Inspection(
                registry.find(kind, name), registry, GIVEN.get(name, CheckOptions()), folder
            )
        return known[kind, name]

    return inspection


@pytest.mark.parametrize(("kind", "name", "check"), CASES)
def test_a_declaration_keeps_its_contract(inspected, kind: str, name: str, check: Any) -> None:
    finding = inspected(kind, name).finding(check)
    if finding.state == "left out":
        pytest.skip(finding.reason)
    assert finding.state == "ok", describe(finding)


def test_what_is_given_is_for_something_that_is_installed() -> None:
    assert set(GIVEN) <= {name for _, name in DECLARED}
