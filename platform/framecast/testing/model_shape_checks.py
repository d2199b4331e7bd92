"""Checks of what a model accepts and of the shapes that it returns. Every public function is a check.

Dimensions: B batch, T time, P predictions, C channels, H W space, S readings, K classes.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from framecast.plugin.sample_shape import SampleShape
from framecast.testing.drawn import legal_settings
from framecast.testing.model_calls import BATCH, build_model, call_model, call_options, check_arguments
from framecast.testing.plugin_under_test import PluginUnderTest
from framecast.testing.refusal import refusal, unless_refused
from framecast.testing.verdict import LeftOut, Nonconformity, require

_DRAWN = 5


def builds_from_its_defaults(subject: PluginUnderTest) -> None:
    """`build(settings, sample_shape)` makes a torch.nn.Module, from the settings that the kit was given and
    from the defaults of all of them.

    Take the channels from `sample_shape`: data decide them, not the model."""
    for channels in (1, 3):
        sample = subject.sample._replace(channels=channels)
        build_model(subject, sample=sample)  # this one must not be refused
        if not any(field.is_required() for field in subject.model.settings.model_fields.values()):
            defaults = subject.checked({})

            def from_defaults(sample: SampleShape = sample, defaults: Any = defaults) -> None:
                build_model(subject, defaults, sample)

            unless_refused(from_defaults)


def takes_the_arguments_of_the_contract(subject: PluginUnderTest) -> None:
    """A video model is called as `model(frames, frames_out)` and as `model(frames, frames_out, truth=truth,
    keep_truth=keep_truth)`; a recognition model as `model(frames, frames_out, observed=observed)`.

    Write `def forward(self, frames, frames_out, *, truth=None, keep_truth=None)`, also where the model ignores the
    truth; for a recognition model `def forward(self, frames, frames_out, *, observed)`."""
    forward = build_model(subject).forward
    for options in call_options(subject):
        check_arguments(forward, ("frames", "frames_out"), options)
        check_arguments(forward, (), ("frames", "frames_out", *options))


def has_no_parameters_as_a_baseline(subject: PluginUnderTest) -> None:
    """A model that is declared with `baseline=True` has no parameters.

    What is trained is no baseline: leave `baseline` out."""
    if not subject.model.baseline:
        raise LeftOut("the model is not declared as a baseline")
    count = sum(each.numel() for each in build_model(subject).parameters())
    require(not count, f"it has {count:,} parameters")


def answers_in_the_right_shape(subject: PluginUnderTest) -> None:
    """A video model, `model(frames, frames_out)`, takes (B, T_in, C, H, W) and returns (B, P, C, H, W) of the same
    frame size, with frames_out <= P <= T_in + frames_out - 1, aligned at the end. A recognition model,
    `model(frames, frames_out, observed=observed)`, returns framecast.RecognitionOutput: logits (B, S, K), and such
    frames or None.

    Pad convolutions so that height and width stay. What the model cannot do, it refuses with InputError."""
    seen, asked = subject.given.frames_in, subject.given.frames_out
    _check_shape(subject, build_model(subject), subject.sample, seen, asked)  # this one must not be refused
    for channels, height, width in ((1, 16, 24), (3, 24, 16), (2, 32, 32), (1, 13, 17)):
        sample = SampleShape(seen + asked, channels, height, width, subject.sample.classes)

        def of_that_size(sample: SampleShape = sample) -> None:
            _check_shape(subject, build_model(subject, sample=sample), sample, seen, asked)

        unless_refused(of_that_size)
    for lengths in ((seen, 1), (1, 1), (1, 3), (seen + 1, 2)):

        def of_that_length(lengths: tuple[int, int] = lengths) -> None:
            _check_shape(subject, build_model(subject), subject.sample, *lengths)

        unless_refused(of_that_length)


def does_what_it_accepts(subject: PluginUnderTest) -> None:
    """What neither `accepts(settings, sample_shape, frames_in, frames_out)` nor `cost` refuses can be built and
    called.

    Declare `accepts` for sizes and lengths that the model cannot do: the job is then refused before it trains, not
    at its first step. It returns None, or the reason in a sentence."""
    seen, asked = subject.given.frames_in, subject.given.frames_out
    for channels, height, width in ((1, 16, 24), (3, 24, 16), (2, 32, 32), (1, 13, 17), (5, 7, 6)):
        sample = subject.sample._replace(channels=channels, height=height, width=width)
        _does_unless_refused(subject, sample, seen, asked)
    for lengths in ((seen, 1), (1, 1), (1, 3), (seen + 1, 2), (seen, seen + asked)):
        _does_unless_refused(subject, subject.sample._replace(frames=sum(lengths)), *lengths)


def builds_from_any_legal_settings(subject: PluginUnderTest) -> None:
    """What the settings class and the constraints allow can be built and called, or is refused by InputError or
    ValueError with a sentence.

    Tell rules between settings by `constraints`, or by a validator of the settings class: then a job that breaks
    them is refused before it costs anything."""
    for written, settings in legal_settings(subject, _DRAWN):

        def built_and_called(settings: Any = settings) -> None:
            model = build_model(subject, settings)
            _check_shape(subject, model, subject.sample, subject.given.frames_in, subject.given.frames_out)

        try:
            with torch.compiler.set_stance("force_eager"):  # compiling takes half a minute for each of them
                unless_refused(built_and_called)
        except Exception as error:
            require(False, f"with {written}: {type(error).__name__}: {error}")


def its_declared_cost_is_true(subject: PluginUnderTest) -> None:
    """`cost(settings, sample_shape)` tells the numbers that are trained, exactly: searches are bounded by it, and
    it is shown before a run begins.

    Count from the settings, without building; `sum(p.numel() for p in model.parameters())` is what it must be."""
    cost = subject.model.cost
    if cost is None:
        raise LeftOut("the model declares no cost")
    for settings in (subject.settings, *(drawn for _, drawn in legal_settings(subject, _DRAWN, seed=1))):

        def counted(settings: Any = settings) -> None:
            declared = cost(settings, subject.sample)
            model = build_model(subject, settings)
            real = sum(each.numel() for each in model.parameters() if each.requires_grad)
            require(
                declared.parameters == real,
                f"it returns {declared.parameters:,} of {real:,} parameters: {settings}",
            )
            require(declared.macs > 0 or not real, f"it returns {declared.macs} multiplications: {settings}")

        unless_refused(counted)


def _check_shape(subject: PluginUnderTest, model: nn.Module, sample: SampleShape, seen: int, asked: int) -> None:
    frames = torch.rand(BATCH, seen, *sample.image)
    truth = torch.rand(BATCH, asked - 1, *sample.image)
    keep = torch.ones(BATCH, asked - 1, dtype=torch.bool)
    given = f"for frames {tuple(frames.shape)} and frames_out {asked} it returns"
    with torch.no_grad():
        answer = call_model(subject, model.eval(), frames, asked)
        fed = call_model(subject, model, frames, asked, truth, keep)
    if subject.model.produces == "logits":
        shape = None if answer.logits is None else tuple(answer.logits.shape)
        require(
            shape == (BATCH, 2, sample.classes),
            f"{given} logits {shape} at 2 readings of {sample.classes} classes",
        )
    if answer.frames is not None and fed.frames is not None:
        shape = tuple(answer.frames.shape)
        fits = len(shape) == 5 and (shape[0], *shape[2:]) == (BATCH, *sample.image)
        require(fits and asked <= shape[1] <= seen + asked - 1, f"{given} {shape}")
        require(
            tuple(fed.frames.shape) == shape, f"with the truth it returns {tuple(fed.frames.shape)}, not {shape}"
        )


def _does_unless_refused(subject: PluginUnderTest, sample: SampleShape, seen: int, asked: int) -> None:
    declaration, settings = subject.model, subject.settings
    cost = declaration.cost
    if cost and refusal(lambda: cost(settings, sample)) is not None:
        return
    if declaration.accepts:
        reason = declaration.accepts(settings, sample, seen, asked)
        if reason is not None:
            require(isinstance(reason, str) and reason.strip(), f"accepts returns {reason!r}")
            return
    what = f"it accepts {seen} frames {sample.image} and {asked} to predict"
    try:
        _check_shape(subject, build_model(subject, sample=sample), sample, seen, asked)
    except Nonconformity:
        raise
    except Exception as error:
        require(False, f"{what}, and raises {type(error).__name__}: {error}")
