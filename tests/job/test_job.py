"""The job model: strict, documented, on a laptop by default; and no key of it does nothing."""

from __future__ import annotations

import ast
import inspect
import sys
from functools import cache
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from framecast.job.job import Checkpoints, Compute, DeepSpeed, Job, Optimizer, Schedule, Training
from framecast.registry.registry import Registry

ROOT = Path(__file__).resolve().parents[2]
PLATFORM = ROOT / "platform" / "framecast"
SECTIONS: list[type[BaseModel]] = [Job, Training, Optimizer, Schedule, DeepSpeed, Compute, Checkpoints]

READ_AS_DATA = {  # resolved while the job is still plain data, before there is an object to read it from
    "Job.extends": "job/document.py",
    "Job.plugins": "job/plan.py",
    "Job.task": "job/plan.py",
    "Job.model": "job/plan.py",
    "Job.data": "job/plan.py",
    "Job.metrics": "job/plan.py",
    "Job.callbacks": "job/plan.py",
}


class WithoutValidators(ast.NodeTransformer):
    """Checking a setting is not using it."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef | None:
        return None if any("validator" in ast.unparse(each) for each in node.decorator_list) else node


@cache
def attributes_read(*files: Path) -> set[tuple[str, str]]:
    """(what it is read from, attribute) for every attribute read: ("training", "epochs") for training.epochs."""
    found = set()
    for file in files:
        for node in ast.walk(WithoutValidators().visit(ast.parse(file.read_text()))):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                owner = node.value
                name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
                found.add((name.strip("_"), node.attr))
    return found


@cache
def arguments(*files: Path) -> set[str]:
    """The names of all arguments that functions in these files take."""
    return {
        node.arg for file in files for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.arg)
    }


READERS = [file for file in PLATFORM.rglob("*.py") if file != PLATFORM / "job" / "job.py"]


def fields() -> list[tuple[type[BaseModel], str]]:
    return [(section, name) for section in SECTIONS for name in section.model_fields]


@pytest.mark.parametrize(
    ("section", "field"), fields(), ids=[f"{owner.__name__}.{name}" for owner, name in fields()]
)
def test_every_key_of_the_job_is_read_somewhere(section: type[BaseModel], field: str) -> None:
    name = f"{section.__name__}.{field}"
    if name in READ_AS_DATA:
        assert f'"{field}"' in (PLATFORM / READ_AS_DATA[name]).read_text()
        return
    owners = {owner for owner, attribute in attributes_read(*READERS) if attribute == field}
    if ("self", field) in attributes_read(PLATFORM / "job" / "job.py"):  # by a method of the section
        return
    called = {section.__name__.lower(), "settings", "kept", "job"}  # what the code calls such a section
    assert owners & called, f"{name} is read from {owners or 'nowhere'}"


def plugin_fields() -> list[tuple[type[BaseModel], str]]:
    """Every setting of every installed declaration, those of inner sections too, by the class it stands in."""
    found: dict[tuple[type[BaseModel], str], None] = {}

    def walk(settings: type[BaseModel]) -> None:
        for name, field in settings.model_fields.items():
            found[settings, name] = None
            if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
                walk(field.annotation)

    for entry in Registry.discover().known():
        walk(entry.declaration.settings)
    return list(found)


@pytest.mark.parametrize(
    ("settings", "field"), plugin_fields(), ids=[f"{owner.__name__}.{name}" for owner, name in plugin_fields()]
)
def test_every_setting_of_a_plugin_is_read_within_it(settings: type[BaseModel], field: str) -> None:
    own = Path(inspect.getfile(settings))
    readers = list(own.parent.rglob("*.py"))
    text = "\n".join(file.read_text() for file in readers)
    by_split = field.endswith("_clips") and 'f"{split}_clips"' in text  # one line reads all three
    by_default = f'.get("{field}")' in own.read_text()  # read as data: it decides other settings' defaults
    by_keyword = "**dict(settings)" in text and field in arguments(*readers)  # passed as a whole
    assert (
        by_split or by_default or by_keyword or field in {attribute for _, attribute in attributes_read(*readers)}
    )


def test_four_keys_are_required_and_no_more() -> None:
    assert {name for name, field in Job.model_fields.items() if field.is_required()} == {
        *("name", "task", "model", "data")
    }


@pytest.mark.parametrize("section", SECTIONS[1:])
def test_every_section_has_words_and_a_default_for_every_key(section: type[BaseModel]) -> None:
    assert section.__doc__
    assert section() is not None


def test_the_strategy_is_deepspeed_where_deepspeed_is() -> None:
    assert Training().strategy == ("deepspeed" if sys.platform == "linux" else "torch")


@pytest.mark.parametrize("name", ["a", "A9", "kth-2.1_b", "x" * 100])
def test_a_name_that_is_a_good_folder_is_taken(name: str) -> None:
    assert Job.model_validate({"name": name, "task": "t", "model": "m", "data": "d"}).name == name


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a b", "-a", "a\n", "\u00e9", "x" * 101])
def test_a_name_that_would_leave_its_folder_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        Job.model_validate({"name": name, "task": "t", "model": "m", "data": "d"})


@pytest.mark.parametrize("value", [True, "1", 1.5, 4])
def test_true_is_not_a_number_of_gpus_or_a_zero_stage(value: object) -> None:
    with pytest.raises(ValidationError):
        DeepSpeed.model_validate({"zero_stage": value})
    with pytest.raises(ValidationError):
        Compute.model_validate({"gpus_per_worker": value})
