"""Checks of a model's gradients. Every public function is a check."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from framecast.testing.model_calls import build_model, build_trainable, call_model, close, drawn_clip
from framecast.testing.plugin_under_test import PluginUnderTest
from framecast.testing.verdict import LeftOut, Nonconformity, require


def gradients_reach_every_parameter(subject: PluginUnderTest) -> None:
    """Every trainable parameter has a gradient that is a number and is not 0 everywhere.

    A parameter without one is not used in `forward`, or lies behind a `detach`: use it, or leave it out."""
    model = build_trainable(subject)
    frames, truth, keep = drawn_clip(subject)
    call_model(subject, model, frames, subject.given.frames_out, truth, keep).whole.square().sum().backward()
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            gradient = parameter.grad
            if gradient is None:
                raise Nonconformity(f"none reaches {name}")
            require(gradient.isfinite().all(), f"that of {name} is not a number")
            require(gradient.count_nonzero(), f"that of {name} is 0 everywhere")


def computes_layers_again_on_demand(subject: PluginUnderTest) -> None:
    """With `activation_checkpointing` the module has an attribute `activation_checkpointing`, False: set to True
    it gives the same gradients with less memory.

    Wrap the layers in torch.utils.checkpoint.checkpoint(..., use_reentrant=False) where it is set."""
    if not subject.model.activation_checkpointing:
        raise LeftOut("the model does not declare activation_checkpointing")
    gradients: list[dict[str, Tensor | None]] = []
    for again in (False, True):
        model: Any = build_model(subject)
        require(
            getattr(model, "activation_checkpointing", None) is False,
            "activation_checkpointing is not False at first",
        )
        model.activation_checkpointing = again
        frames, truth, keep = drawn_clip(subject)
        call_model(subject, model, frames, subject.given.frames_out, truth, keep).whole.square().sum().backward()
        gradients.append({name: each.grad for name, each in model.named_parameters()})
    for name, kept in gradients[0].items():
        anew = gradients[1][name]
        if kept is not None:
            require(anew is not None and close(kept, anew, 1e-4), f"with it the gradient of {name} is another")
