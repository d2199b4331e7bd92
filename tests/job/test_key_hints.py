"""What a user meant by an unknown key: another section's key, another library's word, another plugin's setting."""

from __future__ import annotations

from typing import Any

import pytest

from framecast.errors import InputError
from framecast.job.document import Document
from framecast.job.job import Job
from framecast.job.key_hints import SYNONYMS
from framecast.job.reference import settings_table
from framecast.job.resolve import check_job
from framecast.registry.registry import Registry

JOB: dict[str, Any] = {
    "name": "a",
    "task": "video_prediction",
    "model": {"name": "conv_tt_lstm"},
    "data": "moving_mnist",
    "training": {"optimizer": {"learning_rate": 0.005}},
    "metrics": ["mse"],
}


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.discover()


def refusal(registry: Registry, *assignments: str) -> str:
    document = Document.from_data(JOB)
    document.override(list(assignments))
    with pytest.raises(InputError) as refused:
        check_job(document, registry)
    return str(refused.value)


@pytest.mark.parametrize(
    ("assignment", "meant"),
    [
        ("rank=4", "model.rank"),
        ("frames_out=4", "task.frames_out"),
        ("data.frames_out=4", "task.frames_out"),
        ("task.ratio=1", "task.sampling.ratio"),
        ("training.lr=1", "training.optimizer.learning_rate"),
        ("training.optimizer.lr=1", "training.optimizer.learning_rate"),
        ("model.lr=1", "training.optimizer.learning_rate"),
        ("lr=1", "training.optimizer.learning_rate"),
        ("Learning-Rate=1", "training.optimizer.learning_rate"),
        ("optimizer.lr=1", "training.optimizer.learning_rate"),
        ("trainer.max_epochs=4", "training.epochs"),
        ("batch=4", "training.batch_size"),
        ("bs=4", "training.batch_size"),
        ("data.batch_size=4", "training.batch_size"),
        ("epochs=4", "training.epochs"),
        ("max_epochs=4", "training.epochs"),
        ("training.max_epochs=4", "training.epochs"),
        ("seed=1", "training.seed"),
        ("precision=bf16", "training.precision"),
        ("amp=true", "training.precision"),
        ("gpus=2", "compute.gpus_per_worker"),
        ("compute.gpus=2", "compute.gpus_per_worker"),
        ("compute.gpu=2", "compute.gpus_per_worker"),
        ("compute.cpus=2", "compute.cpus_per_worker"),
        ("devices=2", "compute.workers"),
        ("num_workers=2", "compute.data_processes"),
        ("optimizer=adamw", "training.optimizer"),
        ("schedule=cosine", "training.schedule"),
        ("model.hidden=4", "model.hidden_channels"),
        ("dataset=kth", "data"),
        # a misspelt key of the section itself is named as it is written there
        ("training.epohcs=3", "epochs"),
        ("model.ranks=4", "rank"),
        ("metrics.0={name: mse, protocl: openstl}", "protocol"),
        ("trainnig.epochs=3", "training"),
    ],
)
def test_the_key_that_was_meant_is_named(assignment: str, meant: str, registry: Registry) -> None:
    assert f"unknown key, did you mean {meant}?" in refusal(registry, assignment)


def test_a_setting_of_another_plugin_is_named_with_the_plugins_that_have_it(registry: Registry) -> None:
    said = refusal(registry, "model=conv_lstm", "model.patch_size=4")
    assert "model.patch_size: unknown key: conv_lstm has no such setting; predrnn has" in said


def test_where_nothing_is_near_the_keys_of_the_section_are_listed(registry: Registry) -> None:
    assert "training.zzz: unknown key, choose from: accumulate, " in refusal(registry, "training.zzz=1")


def test_a_section_that_gets_a_value_says_which_keys_it_has(registry: Registry) -> None:
    assert "training: is a section: set its keys, such as training.epochs" in refusal(registry, "training=5")


def test_every_synonym_stands_for_a_key_that_exists_and_for_one_only() -> None:
    keys = {row.key for row in settings_table(Job)} | {"data.root"}
    assert set(SYNONYMS) <= keys
    words = [word for found in SYNONYMS.values() for word in found]
    assert len(words) == len(set(words))


def test_a_bare_name_chooses_the_optimizer_and_keeps_its_other_settings(registry: Registry) -> None:
    document = Document.from_data(JOB)
    document.override(["training.optimizer=adamw", "training.schedule=cosine"])
    training = check_job(document, registry).job.training
    assert (training.optimizer.name, training.optimizer.learning_rate) == ("adamw", 0.005)
    assert training.schedule.name == "cosine"


def test_a_wrong_bare_name_is_answered_with_the_choices(registry: Registry) -> None:
    assert "should be 'adam', 'adamw' or 'sgd', got \"adamx\"" in refusal(registry, "training.optimizer=adamx")
