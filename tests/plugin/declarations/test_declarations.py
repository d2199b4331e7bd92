"""Declarations are plain, frozen and comparable; each kind has a hook, and says what it holds."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from framecast.plugin import hooks
from framecast.plugin.declarations import Model
from framecast.plugin.kinds import KINDS
from framecast.plugin.sample_shape import SampleShape
from framecast.plugin.settings import NoSettings
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
