"""The job file explained: every key has words, a type and a default; one schema covers what is installed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from framecast.errors import InputError
from framecast.job.job import Job
from framecast.job.reference import Explained, explain, json_schema, settings_table
from framecast.registry.registry import Registry

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.discover()


@pytest.fixture(scope="module")
def schema(registry: Registry) -> dict[str, Any]:
    return json_schema(registry)


def every_row() -> list[Explained]:
    rows = settings_table(Job, owner="job")
    for entry in Registry.discover().all():
        rows += settings_table(entry.declaration.settings, owner=f"{entry.kind} {entry.declaration.name}")
    return rows


@pytest.mark.parametrize("row", every_row(), ids=lambda row: f"{row.owner}.{row.key}")
def test_every_key_of_the_job_and_of_every_plugin_is_explained(row: Explained) -> None:
    assert row.text.endswith(".")
    assert "anything" not in row.type
    assert row.default


def test_a_key_is_explained_with_its_type_and_default(registry: Registry) -> None:
    (row,) = explain("training.epochs", registry)
    assert (row.type, row.default) == ("whole number >= 1", "10")


def test_a_plugins_key_is_explained_with_its_owner(registry: Registry) -> None:
    (row,) = explain("model.patch_size", registry)
    assert row.owner == "model predrnn"


def test_a_key_of_several_plugins_is_explained_for_each(registry: Registry) -> None:
    assert {row.owner for row in explain("model.kernel_size", registry)} == {
        "model conv_tt_lstm",
        "model conv_lstm",
        "model predrnn",
        "model simvp",
        "model conv_tt_lstm_recognition",
        "model conv_lstm_recognition",
        "model conv3d",
    }


def test_a_section_and_a_nested_key_are_explained(registry: Registry) -> None:
    assert explain("training", registry)[0].default == "see below"
    assert explain("task.sampling.patience", registry)[0].default == "20"
    assert explain("model.name", registry)[0].key == "model"


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("training.epoch", "did you mean training.epochs?"),
        ("model.ranks", "did you mean rank?"),
        ("", "no key ''"),
        ("nothing.like.it", "no key"),
    ],
)
def test_an_unknown_key_is_answered_with_the_nearest(key: str, hint: str, registry: Registry) -> None:
    with pytest.raises(InputError) as refused:
        explain(key, registry)
    assert hint in str(refused.value)


def test_the_schema_is_a_schema(schema: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("name", ["demo.yaml", "moving_mnist.yaml"])
def test_the_projects_own_jobs_fit_the_schema(name: str, schema: dict[str, Any]) -> None:
    jsonschema.validate(YAML(typ="safe", pure=True).load((ROOT / "jobs" / name).read_text()), schema)


@pytest.mark.parametrize(
    "spoiled",
    [
        {"model": {"name": "conv_tt_lstm", "ranks": 3}},
        {"model": "no_such_model"},
        {"model": {"name": "ssim"}},
        {"training": {"epochs": 0}},
        {"trainig": {}},
        {"metrics": "mse"},
        {"name": "../up"},
    ],
    ids=str,
)
def test_what_the_job_would_refuse_the_schema_refuses(spoiled: dict[str, Any], schema: dict[str, Any]) -> None:
    sound = {"name": "a", "task": "video_prediction", "model": "conv_lstm", "data": "moving_mnist"}
    jsonschema.validate(sound, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**sound, **spoiled}, schema)


def test_the_schema_carries_the_words_that_editors_show(schema: dict[str, Any]) -> None:
    assert schema["properties"]["model"]["description"] == "The network."
    assert "Passes over" in schema["$defs"]["Training"]["properties"]["epochs"]["description"]
