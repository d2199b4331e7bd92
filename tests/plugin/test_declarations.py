"""Declarations are plain, frozen and comparable; each kind has a hook, and says what it holds."""

from __future__ import annotations

import dataclasses
import pathlib
from enum import Enum
from typing import Annotated, Any, Literal, Optional

import pytest
from pydantic import create_model

from framecast.plugin import hooks
from framecast.plugin.constraint import Constraint
from framecast.plugin.declarations import Dataset, Metric, Model, Task
from framecast.plugin.kinds import KINDS
from framecast.plugin.logged_value import LoggedValue
from framecast.plugin.path import Path
from framecast.plugin.sample_shape import SampleShape
from framecast.plugin.settings import NoSettings, Settings
from framecast.registry.registry import Registry


def test_every_kind_has_a_hook() -> None:
    assert all(hasattr(hooks, kind.hook) for kind in KINDS.values())


@pytest.mark.parametrize("kind", KINDS)
def test_a_declaration_is_frozen_and_its_contract_written_down(kind: str) -> None:
    declaration = KINDS[kind].declaration
    assert declaration.__dataclass_params__.frozen
    assert "build(" in (declaration.__doc__ or "")


def test_a_plugin_without_settings_takes_none() -> None:
    model = Model(name="black", summary="", build=lambda settings, sample: None)
    assert model.settings is NoSettings
    assert not NoSettings.model_fields


def test_every_installed_declaration_is_described_in_a_line() -> None:
    for entry in Registry.discover().known():
        assert 0 < len(entry.declaration.summary.splitlines()[0]) <= 100
        assert "\n" not in entry.declaration.summary


def test_no_installed_setting_takes_the_reserved_word_name() -> None:
    for entry in Registry.discover().known():
        assert "name" not in entry.declaration.settings.model_fields


def test_a_sample_shape_reads_frames_channels_height_width() -> None:
    assert SampleShape._fields == ("frames", "channels", "height", "width", "classes")


def test_what_cannot_be_changed_by_accident_cannot_be_changed() -> None:
    model: Any = Registry.discover().find("model", "conv_lstm").declaration
    with pytest.raises(dataclasses.FrozenInstanceError):
        model.name = "other"


def test_a_constraint_on_a_setting_that_is_none_is_refused_when_it_is_declared() -> None:
    rule = Constraint("order <= steps", "")
    with pytest.raises(
        ValueError, match="model cell: its constraints name order, steps, which NoSettings does not have"
    ):
        Model(name="cell", summary="", build=lambda settings, sample: None, constraints=(rule,))


class Inner(Settings):
    seen: int = 2


class Lengths(Settings):
    history: int = 2
    future: int = 3
    inner: Inner = Inner()


def a_task(**facts: Any) -> Task[Lengths]:
    return Task("t", "", lambda settings: None, lambda settings: 5, (), settings=Lengths, **facts)


def test_a_task_names_the_settings_of_its_horizon() -> None:
    def horizon(settings: Lengths) -> tuple[int, int]:
        return settings.inner.seen, settings.future

    assert a_task(horizon=horizon, horizon_settings=("inner.seen", "future")).horizon_settings[0] == "inner.seen"
    with pytest.raises(
        ValueError, match="task t: horizon_settings names futur, which Lengths does not have; it has h"
    ):
        a_task(horizon=horizon, horizon_settings=("history", "futur"))
    with pytest.raises(ValueError, match=r"names inner\.past, which Lengths does not have"):
        a_task(horizon=horizon, horizon_settings=("inner.past", None))
    with pytest.raises(ValueError, match="task t: it names horizon_settings and declares no horizon"):
        a_task(horizon_settings=("history", "future"))
    for wrong in ("history", ("history",), ("history", "future", "inner")):
        with pytest.raises(ValueError, match="name two settings"):
            a_task(horizon=horizon, horizon_settings=wrong)


@pytest.mark.parametrize(
    ("group", "reason"),
    [
        (("history", "depth"), "model m: setting_groups names depth, which Lengths does not have"),
        (("history",), "a group names two or more settings"),
        (("history", "history"), "a group names two or more settings"),
        ("history", "a group names two or more settings"),
    ],
)
def test_a_group_of_settings_names_two_settings_of_the_model(group: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Model("m", "", lambda settings, sample: None, settings=Lengths, setting_groups=(group,))


def test_runtime_settings_are_settings_of_the_model() -> None:
    with pytest.raises(ValueError, match="model m: runtime_settings names depth, which Lengths does not have"):
        Model("m", "", lambda settings, sample: None, settings=Lengths, runtime_settings=("history", "depth"))


def test_a_logged_value_is_declared_once_and_a_share_is_linear() -> None:
    with pytest.raises(ValueError, match="task t: it declares the logged value blur twice"):
        a_task(logs=(LoggedValue("blur"), LoggedValue("sharpness"), LoggedValue("blur")))
    with pytest.raises(ValueError, match="a share is drawn from 0 to 1"):
        LoggedValue("blur", share=True, scale="log")
    with pytest.raises(ValueError, match="scale is 'cubic', write 'linear' or 'log'"):
        LoggedValue("blur", scale="cubic")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="has no name"):
        LoggedValue("")


class Word(Enum):
    PLAIN = "plain"


@pytest.mark.parametrize(
    ("annotation", "protocols"),
    [
        (Literal["plain", "scaled"], ("plain", "scaled")),
        (Literal["plain", "scaled"] | None, ("plain", "scaled")),
        (Optional[Annotated[Literal["plain"], "a note"]], ("plain",)),  # noqa: UP045
        (Word, ("plain",)),
        (str, ()),
    ],
)
def test_the_protocols_of_a_metric_are_the_choices_of_its_setting(annotation: Any, protocols: Any) -> None:
    settings = create_model("Own", __base__=Settings, protocol=(annotation, ...))
    assert Metric("m", "", lambda *arguments: None, "min", settings=settings).protocols == protocols
    assert Metric("m", "", lambda *arguments: None, "min").protocols == ()


@pytest.mark.parametrize("annotation", [Path, Path | None, pathlib.Path, Optional[pathlib.Path]])  # noqa: UP045
def test_the_folder_of_a_data_set_is_its_first_path(annotation: Any) -> None:
    fields: Any = {
        "size": (int, 3),
        "files": (tuple[Path, ...], ()),
        "place": (annotation, ...),
        "other": (Path, "."),
    }
    settings = create_model("Own", __base__=Settings, **fields)
    data = Dataset("d", "", lambda *arguments: None, lambda *arguments: SampleShape(1, 1, 1, 1), settings=settings)
    assert data.folder_setting == "place"
    assert Dataset("d", "", data.build, data.sample_shape).folder_setting is None
