"""Builds a model under test and calls it, whichever kind it is.

Dimensions: B batch, T time, P predictions, C channels, H W space, S readings, K classes.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from framecast.plugin.sample_shape import SampleShape
from framecast.testing.plugin_under_test import PluginUnderTest
from framecast.testing.verdict import LeftOut, require

BATCH = 2
"""Clips in a batch."""


def build_model(
    subject: PluginUnderTest, settings: Any = None, sample: SampleShape | None = None, seed: int = 0
) -> nn.Module:
    """A new model, its weights drawn from `seed`. Raises what the plugin raises."""
    torch.manual_seed(seed)
    model: nn.Module = subject.build(subject.sample if sample is None else sample, settings=settings)
    return model


def build_trainable(subject: PluginUnderTest) -> nn.Module:
    """The model. Raises LeftOut where there is nothing to train."""
    model = build_model(subject)
    if not any(each.requires_grad for each in model.parameters()):
        raise LeftOut("the model has no parameters")
    return model


def drawn_clip(subject: PluginUnderTest) -> tuple[Tensor, Tensor, Tensor]:
    """Frames in [0, 1], the truth after them, and where it is fed back: the same whenever it is called."""
    generator = torch.Generator().manual_seed(0)
    shape, seen = subject.sample, subject.given.frames_in
    frames = torch.rand(BATCH, shape.frames, *shape.image, generator=generator)
    keep = torch.zeros(BATCH, shape.frames - seen - 1, dtype=torch.bool)
    keep[:, ::2] = True
    return frames[:, :seen], frames[:, seen:-1], keep


class Answer(NamedTuple):
    """What a model answered: logits (B, S, K), frames (B, P, C, H, W), or both."""

    logits: Tensor | None
    frames: Tensor | None

    @property
    def whole(self) -> Tensor:
        """(B, N): all of it."""
        return torch.cat([each.float().flatten(1) for each in self if each is not None], 1)


def call_model(
    subject: PluginUnderTest,
    model: nn.Module,
    frames: Tensor,
    frames_out: int,
    truth: Tensor | None = None,
    keep_truth: Tensor | None = None,
) -> Answer:
    """The one place that knows how the two kinds of model are called."""
    options: dict[str, Tensor] = {}
    if subject.model.produces == "logits":
        options["observed"] = torch.tensor(readings(frames)).expand(len(frames), 2)
    else:
        given = {"truth": truth, "keep_truth": keep_truth}
        options = {name: each for name, each in given.items() if each is not None}
    check_arguments(model.forward, ("frames", "frames_out"), tuple(options))
    answer = model(frames, frames_out, **options)
    return Answer(*answer) if subject.model.produces == "logits" else Answer(None, answer)


def predict(subject: PluginUnderTest, model: nn.Module, frames: Tensor) -> Tensor:
    """(B, N): all that the model answers in evaluation."""
    with torch.no_grad():
        return call_model(subject, model.eval(), frames, subject.given.frames_out).whole


def call_options(subject: PluginUnderTest) -> tuple[tuple[str, ...], ...]:
    """The sets of keyword arguments that a model of this kind is called with."""
    if subject.model.produces == "logits":
        return (("observed",),)
    return (), ("truth",), ("truth", "keep_truth")


def check_arguments(forward: Callable[..., Any], positional: tuple[str, ...], named: tuple[str, ...]) -> None:
    """Raises Nonconformity where `forward` does not take these arguments."""
    try:
        signature = inspect.signature(forward)
    except (TypeError, ValueError):  # handled: compiled code has no signature, and the calls themselves show it
        return
    try:
        signature.bind(*positional, **dict.fromkeys(named))
    except TypeError as error:
        call = ", ".join((*positional, *(f"{name}={name}" for name in named)))
        require(False, f"it cannot be called as model({call}): forward{signature}: {error}")


def readings(frames: Tensor) -> tuple[int, int]:
    """After how many frames a recognition model is asked for the class."""
    return max(1, frames.shape[1] // 2), frames.shape[1]


def close(one: Tensor, two: Tensor, tolerance: float = 1e-5) -> bool:
    """Whether both have one shape and differ by no more than `tolerance` of the largest value, or of 1."""
    scale = max(1.0, float(one.detach().abs().max()) if one.numel() else 1.0)
    return one.shape == two.shape and torch.allclose(one, two, rtol=tolerance, atol=tolerance * scale)
