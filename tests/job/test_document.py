"""The text of a job as plain data: the place of every key, files that extend others, and overrides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from framecast.errors import InputError, Place
from framecast.job.document import Document


def read(folder: Path, **files: str) -> Document:
    """Writes the files, named without .yaml, and reads the first."""
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)
    return Document.read(folder / f"{next(iter(files))}.yaml")


def place(document: Document, *key: str | int) -> tuple[str, int, int]:
    found = document.place(key)
    return Path(found.file).name, found.line, found.column


JOB = """\
name: demo
task: video_prediction
model:
  name: conv_tt_lstm
  rank: 8
metrics: [mse, {name: lpips, net: alex}]
"""


def test_a_file_is_plain_data(tmp_path: Path) -> None:
    document = read(tmp_path, job=JOB)
    assert document.data["model"] == {"name": "conv_tt_lstm", "rank": 8}
    assert document.data["metrics"] == ["mse", {"name": "lpips", "net": "alex"}]
    assert document.text == JOB


def test_every_key_has_its_place_counted_from_one(tmp_path: Path) -> None:
    document = read(tmp_path, job=JOB)
    assert place(document, "name") == ("job.yaml", 1, 1)
    assert place(document, "model", "rank") == ("job.yaml", 5, 3)
    assert place(document, "metrics", 1) == ("job.yaml", 6, 16)
    assert place(document, "metrics", 1, "net") == ("job.yaml", 6, 30)


def test_a_key_that_was_not_written_has_the_place_of_what_is_around_it(tmp_path: Path) -> None:
    document = read(tmp_path, job=JOB)
    assert place(document, "model", "order") == place(document, "model")
    assert place(document, "training", "epochs") == ("job.yaml", 0, 0)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("1.0e-3", 1e-3),
        ("1e-3", 1e-3),
        ("true", True),
        ("yes", "yes"),
        ("null", None),
        ("~", None),
        ("2026-01-01", "2026-01-01"),
        ("'3'", "3"),
        ("caf\u00e9", "caf\u00e9"),
        ("0x10", 16),
        ("[]", []),
    ],
)
def test_a_value_is_what_yaml_1_2_says(text: str, value: Any, tmp_path: Path) -> None:
    found = read(tmp_path, job=f"key: {text}\n").data["key"]
    assert found == value
    assert type(found) is type(value)


def test_anchors_and_byte_order_marks_are_welcome(tmp_path: Path) -> None:
    assert read(tmp_path, job="\ufeffa: &x [1]\nb: *x\n").data == {"a": [1], "b": [1]}


def test_extending_takes_the_other_files_keys_first(tmp_path: Path) -> None:
    document = read(tmp_path, twin="extends: job.yaml\nname: twin\nmodel: {rank: 16}\n", job=JOB)
    assert document.data["name"] == "twin"
    assert document.data["model"] == {"name": "conv_tt_lstm", "rank": 16}
    assert document.data["task"] == "video_prediction"
    assert place(document, "model", "rank") == ("twin.yaml", 3, 9)
    assert place(document, "model", "name") == ("job.yaml", 4, 3)


def test_a_chain_of_files_is_followed_to_its_end(tmp_path: Path) -> None:
    document = read(
        tmp_path, c="extends: b.yaml\nz: 3\n", b="extends: a.yaml\ny: 2\nz: 2\n", a="x: 1\ny: 1\nz: 1\n"
    )
    assert {key: document.data[key] for key in "xyz"} == {"x": 1, "y": 2, "z": 3}


def test_another_plugins_section_takes_nothing_from_the_extended_file(tmp_path: Path) -> None:
    document = read(tmp_path, twin="extends: job.yaml\nmodel: {name: conv_lstm}\n", job=JOB)
    assert document.data["model"] == {"name": "conv_lstm"}
    assert place(document, "model", "rank")[0] == "twin.yaml"


def test_a_list_is_replaced_as_a_whole(tmp_path: Path) -> None:
    document = read(tmp_path, twin="extends: job.yaml\nmetrics: [ssim]\n", job=JOB)
    assert document.data["metrics"] == ["ssim"]
    assert place(document, "metrics", 1) == ("twin.yaml", 2, 1)


def test_the_extended_file_is_found_beside_the_one_that_extends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/")
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "a.yaml").write_text("extends: b.yaml\n")
    (tmp_path / "base" / "b.yaml").write_text("x: 1\n")
    assert read(tmp_path, job="extends: base/a.yaml\n").data["x"] == 1


@pytest.mark.parametrize("target", ["job.yaml", "./job.yaml", "other.yaml"])
def test_a_chain_that_comes_back_is_refused(target: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the chain never ends"):
        read(tmp_path, job=f"extends: {target}\n", other="extends: job.yaml\n")


def test_two_files_may_extend_the_same_one_in_turn(tmp_path: Path) -> None:
    """Not a cycle: a diamond's lower half is just read again."""
    read(tmp_path, a="x: 1\n", b="extends: a.yaml\n")
    assert read(tmp_path, c="extends: b.yaml\n").data["x"] == 1


def overridden(data: dict[str, Any], *assignments: str) -> dict[str, Any]:
    document = Document.from_data(data)
    document.override(list(assignments))
    return document.data


@pytest.mark.parametrize(
    ("assignment", "expected"),
    [
        ("model.rank=16", {"model": {"name": "m", "rank": 16}, "metrics": ["mse", "ssim"]}),
        ("model=other", {"model": "other", "metrics": ["mse", "ssim"]}),
        ("metrics.1.name=psnr", {"model": {"name": "m"}, "metrics": ["mse", {"name": "psnr"}]}),
        ("metrics.1.net=vgg", {"model": {"name": "m"}, "metrics": ["mse", {"name": "ssim", "net": "vgg"}]}),
        ("metrics.0=psnr", {"model": {"name": "m"}, "metrics": ["psnr", "ssim"]}),
        ("metrics=[mae]", {"model": {"name": "m"}, "metrics": ["mae"]}),
        ("model.file=a=b", {"model": {"name": "m", "file": "a=b"}, "metrics": ["mse", "ssim"]}),
        ("model.rank=null", {"model": {"name": "m", "rank": None}, "metrics": ["mse", "ssim"]}),
    ],
)
def test_an_override_sets_one_key_list_entries_by_index(assignment: str, expected: dict[str, Any]) -> None:
    assert overridden({"model": {"name": "m"}, "metrics": ["mse", "ssim"]}, assignment) == expected


def test_an_override_makes_the_sections_on_its_way() -> None:
    assert overridden({}, "training.optimizer.learning_rate=1e-4") == {
        "training": {"optimizer": {"learning_rate": 1e-4}}
    }


def test_an_override_of_a_bare_names_setting_makes_it_a_section() -> None:
    assert overridden({"model": "conv_lstm"}, "model.rank=3") == {"model": {"name": "conv_lstm", "rank": 3}}


def test_the_later_override_wins() -> None:
    assert overridden({}, "a=1", "a=2") == {"a": 2}


def test_an_overridden_key_has_the_command_line_as_its_place(tmp_path: Path) -> None:
    document = read(tmp_path, job=JOB)
    document.override(["model.rank=16", "training.epochs=3"])
    assert document.place(("model", "rank")) == Place("command line")
    assert place(document, "model", "name") == ("job.yaml", 4, 3)
    assert document.place(("training",)) == Place("command line")


def test_all_bad_overrides_are_named_at_once() -> None:
    with pytest.raises(InputError) as refused:
        overridden({"metrics": ["mse"]}, "training.epochs", "metrics.4=x", "a=[")
    assert len(refused.value.problems) == 3


def test_overriding_leaves_the_callers_own_mapping_alone() -> None:
    """A notebook runs one mapping many times, each with overrides of its own."""
    data = {"model": {"name": "m", "rank": 8}}
    overridden(data, "model.rank=16", "training.epochs=3")
    assert data == {"model": {"name": "m", "rank": 8}}
