"""The job file explained: every key has words, a type and a default; one schema covers what is installed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from framecast.errors import InputError
from framecast.job.explanation import explain, overview
from framecast.job.job import Job
from framecast.job.reference import Explained, settings_table, split_choices
from framecast.job.schema import json_schema
from framecast.job.training import Training
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
    for entry in Registry.discover().known():
        rows += settings_table(entry.declaration.settings, owner=f"{entry.kind} {entry.declaration.name}")
    return rows


@pytest.mark.parametrize("row", every_row(), ids=lambda row: f"{row.owner}.{row.key}")
def test_every_key_of_the_job_and_of_every_plugin_is_explained(row: Explained) -> None:
    assert row.text.endswith(".")
    assert "anything" not in row.type
    assert row.default


def test_a_key_is_explained_with_its_type_and_default(registry: Registry) -> None:
    (found,) = explain("training.epochs", registry)
    row = found.row
    assert (row.type, row.default) == ("whole number >= 1", "10")


def test_a_plugins_key_is_explained_with_its_owner(registry: Registry) -> None:
    (found,) = explain("model.patch_size", registry)
    assert found.row.owner == "model predrnn"


def test_a_key_of_several_plugins_is_explained_for_each(registry: Registry) -> None:
    assert {found.row.owner for found in explain("model.kernel_size", registry)} == {
        "model conv_tt_lstm",
        "model conv_lstm",
        "model predrnn",
        "model simvp",
        "model conv_tt_lstm_recognition",
        "model conv_lstm_recognition",
        "model conv3d",
    }


def test_a_section_is_explained_with_its_keys(registry: Registry) -> None:
    (found,) = explain("training", registry)
    assert {row.key for row in found.keys} == {f"training.{name}" for name in Training.model_fields}
    (within,) = explain("task.sampling", registry)[:1]
    assert "task.sampling.patience" in {row.key for row in within.keys}


@pytest.mark.parametrize(
    ("key", "choices"),
    [
        ("training.optimizer.name", {"adam", "adamw", "sgd"}),
        ("training.schedule.name", {"constant", "cosine"}),
        ("training.precision", {"auto", "fp32", "bf16", "fp16"}),
        ("compute.cpus_per_worker", {"auto"}),
        ("data.augmentation.flip", {"none", "horizontal", "vertical", "both"}),
        ("search.searcher", {"grid", "random", "tpe", "nsga2"}),
        ("search.objectives", {"min", "max"}),
        ("metrics.0.protocol", {"framecast", "openstl"}),
        ("metrics.lpips.net", {"alex", "vgg"}),
        ("model", {"conv_tt_lstm", "conv_lstm", "simvp"}),
        ("model.name", {"conv_tt_lstm", "conv_lstm", "simvp"}),
        ("metrics", {"mse", "ssim"}),
        ("callbacks.0.name", {"tensorboard", "early_stopping"}),
    ],
)
def test_what_a_key_can_be_is_listed_with_words_for_each(key: str, choices: set[str], registry: Registry) -> None:
    listed = {choice.value: choice.text for found in explain(key, registry) for choice in found.row.choices}
    assert choices <= set(listed)
    assert all(listed[choice] for choice in choices)


def test_every_choice_of_the_job_and_of_the_plugins_has_words() -> None:
    """A key whose values speak for themselves, such as the six actions of KTH, describes none of them."""
    for row in every_row():
        described = [choice for choice in row.choices if choice.text]
        assert len(described) in (0, len(row.choices)), row
        assert described or row.owner == "data kth" or not row.choices, row


def test_the_choices_of_a_docstring_are_its_list() -> None:
    prose, said = split_choices("""Which one.

    - `a`: the first, of
      two lines
    - `b/c`: the second
    """)
    assert prose == "Which one."
    assert said == {"a": "the first, of two lines", "b/c": "the second"}


@pytest.mark.parametrize("key", ["conv_lstm", "model.conv_lstm"])
def test_a_plugin_is_explained_with_its_settings(key: str, registry: Registry) -> None:
    (found,) = explain(key, registry)
    assert {"model.layers_per_block", "model.hidden_channels", "model.kernel_size"} <= {
        row.key for row in found.keys
    }


def test_the_overview_names_every_section_and_every_plugin(registry: Registry) -> None:
    top, declared = overview(registry)
    assert {row.key for row in top} == set(Job.model_fields)
    assert {choice.value for choice in declared["task"]} == {"video_prediction", "early_activity_recognition"}
    assert all(choice.text for found in declared.values() for choice in found)


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("training.epoch", "did you mean training.epochs?"),
        ("model.ranks", "did you mean model.rank?"),
        ("rank", "did you mean model.rank?"),
        ("training.lr", "did you mean training.optimizer.learning_rate?"),
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


@pytest.mark.parametrize("section", ["optimizer", "schedule"])
def test_the_schema_takes_a_bare_name_where_the_job_does(section: str, schema: dict[str, Any]) -> None:
    job = {"name": "a", "task": "video_prediction", "model": "conv_lstm", "data": "moving_mnist"}
    name = {"optimizer": "adamw", "schedule": "cosine"}[section]
    jsonschema.validate({**job, "training": {section: name}}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**job, "training": {section: "adamx"}}, schema)


def test_the_schema_carries_the_words_that_editors_show(schema: dict[str, Any]) -> None:
    assert schema["properties"]["model"]["description"] == "The network."
    assert "Passes over" in schema["$defs"]["Training"]["properties"]["epochs"]["description"]
