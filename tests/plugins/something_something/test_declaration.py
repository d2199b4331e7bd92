"""The data set as a job finds it."""

from __future__ import annotations

import pytest

import framecast
from framecast.registry.registry import Registry


@pytest.fixture
def declared():
    return Registry.discover().find("data", "something_something").declaration


def test_it_is_built_prepared_and_told_ready(declared, settings, prepared):
    chosen = settings(prepared, augmentation={"crop": 16})
    declared.ready(chosen)
    sample = declared.build(chosen, "train", 6)[0]

    assert sample["frames"].shape == declared.sample_shape(chosen, 6).clip == (6, 3, 16, 16)
    assert declared.prepare(chosen, lambda done, total: None).summary["clips prepared"] == 20


def test_grey_clips_have_one_channel(declared, settings):
    assert declared.sample_shape(settings(colour=False), 6).clip == (6, 1, 24, 32)


def test_it_is_not_ready_without_a_store(declared, settings, official):
    with pytest.raises(framecast.InputError, match="not prepared yet"):
        declared.ready(settings(official))
