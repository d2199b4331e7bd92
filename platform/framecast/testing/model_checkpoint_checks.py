"""Checks of the weights that a model saves and loads. Every public function is a check."""

from __future__ import annotations

import torch
from safetensors.torch import load, save

from framecast.testing.model_calls import build_model, build_trainable, drawn_clip, predict
from framecast.testing.plugin_under_test import PluginUnderTest
from framecast.testing.refusal import refusal
from framecast.testing.verdict import LeftOut, require


def weights_survive_a_checkpoint(subject: PluginUnderTest) -> None:
    """A state dict written, read and loaded into a new model gives the same predictions to the last bit.

    State of the model other than its parameters must be a registered buffer. Names are what checkpoints hold, so
    they must not depend on anything but the settings."""
    model, other = build_trainable(subject), build_model(subject, seed=1)
    kept = {name: value.contiguous().clone() for name, value in model.state_dict().items()}
    other.load_state_dict(load(save(kept)))
    frames, *_ = drawn_clip(subject)
    require(torch.equal(predict(subject, model, frames), predict(subject, other, frames)), "they are others")


def refuses_what_is_no_published_checkpoint(subject: PluginUnderTest) -> None:
    """`load_published(path, settings)` refuses another file with InputError or ValueError, and says what is wrong.

    Read with torch.load(..., weights_only=True) or safetensors, compare names and shapes, and name those that do
    not fit."""
    load_published = subject.model.load_published
    if load_published is None:
        raise LeftOut("the model declares no load_published")
    folder = subject.new_folder("published")
    torch.save({"somebody.elses.weight": torch.ones(3)}, folder / "stranger.pt")
    (folder / "empty.pt").write_bytes(b"")
    (folder / "text.pt").write_text("<!DOCTYPE html> 404: not found")
    for file in ("stranger.pt", "empty.pt", "text.pt", "missing.pt"):

        def loaded(file: str = file) -> None:
            load_published(folder / file, subject.settings)

        require(refusal(loaded), f"{file} is taken for a checkpoint")
