"""What is asked of a model. Every public function is a check.

Dimensions: B batch, T time, P predictions, C channels, H W space.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from safetensors.torch import load, save
from torch import Tensor, nn

from framecast.errors import InputError
from framecast.plugin.sample_shape import SampleShape
from framecast.testing.drawn import legal_settings
from framecast.testing.global_state import untouched
from framecast.testing.plugin_under_test import PluginUnderTest
from framecast.testing.verdict import LeftOut, Nonconformity, require

_BATCH = 2
_DRAWN = 5
_BF16 = 0.05
"""Root mean square by which bf16 may depart, as a part of that of the answer: our own depart by 0.01 or less."""


def builds_from_its_defaults(subject: PluginUnderTest) -> None:
    """`build(settings, sample_shape)` makes a torch.nn.Module, from the settings that the kit was given and
    from the defaults of all of them.

    Take the channels from `sample_shape`: data decide them, not the model."""
    for channels in (1, 3):
        sample = subject.sample._replace(channels=channels)
        _built(subject, sample=sample)  # this one must not be refused
        if not any(field.is_required() for field in subject.declaration.settings.model_fields.values()):
            defaults = subject.checked({})

            def from_defaults(sample: SampleShape = sample, defaults: Any = defaults) -> None:
                _built(subject, defaults, sample)

            _unless_refused(from_defaults)


def takes_the_arguments_of_the_contract(subject: PluginUnderTest) -> None:
    """A video model is called as `model(frames, frames_out)` and as `model(frames, frames_out, truth=truth,
    keep_truth=keep_truth)`; a recognition model as `model(frames, frames_out, observed=observed)`.

    Write `def forward(self, frames, frames_out, *, truth=None, keep_truth=None)`, also where the model ignores the
    truth; for a recognition model `def forward(self, frames, frames_out, *, observed)`."""
    forward = _built(subject).forward
    for options in _options(subject):
        _check_arguments(forward, ("frames", "frames_out"), options)
        _check_arguments(forward, (), ("frames", "frames_out", *options))


def has_no_parameters_as_a_baseline(subject: PluginUnderTest) -> None:
    """A model that is declared with `baseline=True` has no parameters.

    What is trained is no baseline: leave `baseline` out."""
    if not subject.declaration.baseline:
        raise LeftOut("the model is not declared as a baseline")
    count = sum(each.numel() for each in _built(subject).parameters())
    require(not count, f"it has {count:,} parameters")


def answers_in_the_right_shape(subject: PluginUnderTest) -> None:
    """A video model, `model(frames, frames_out)`, takes (B, T_in, C, H, W) and returns (B, P, C, H, W) of the same
    frame size, with frames_out <= P <= T_in + frames_out - 1, aligned at the end. A recognition model,
    `model(frames, frames_out, observed=observed)`, returns framecast.RecognitionOutput: logits (B, S, K), and such
    frames or None.

    Pad convolutions so that height and width stay. What the model cannot do, it refuses with InputError."""
    seen, asked = subject.given.frames_in, subject.given.frames_out
    _check_shape(subject, _built(subject), subject.sample, seen, asked)  # this one must not be refused
    for channels, height, width in ((1, 16, 24), (3, 24, 16), (2, 32, 32), (1, 13, 17)):
        sample = SampleShape(seen + asked, channels, height, width, subject.sample.classes)

        def of_that_size(sample: SampleShape = sample) -> None:
            _check_shape(subject, _built(subject, sample=sample), sample, seen, asked)

        _unless_refused(of_that_size)
    for lengths in ((seen, 1), (1, 1), (1, 3), (seen + 1, 2)):

        def of_that_length(lengths: tuple[int, int] = lengths) -> None:
            _check_shape(subject, _built(subject), subject.sample, *lengths)

        _unless_refused(of_that_length)


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
            model = _built(subject, settings)
            _check_shape(subject, model, subject.sample, subject.given.frames_in, subject.given.frames_out)

        try:
            _unless_refused(built_and_called)
        except Exception as error:
            require(False, f"with {written}: {type(error).__name__}: {error}")


def gradients_reach_every_parameter(subject: PluginUnderTest) -> None:
    """Every trainable parameter has a gradient that is a number and is not 0 everywhere.

    A parameter without one is not used in `forward`, or lies behind a `detach`: use it, or leave it out."""
    model = _trained(subject)
    frames, truth, keep = _clip(subject)
    _call(subject, model, frames, subject.given.frames_out, truth, keep).whole.square().sum().backward()
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            gradient = parameter.grad
            if gradient is None:
                raise Nonconformity(f"none reaches {name}")
            require(gradient.isfinite().all(), f"that of {name} is not a number")
            require(gradient.count_nonzero(), f"that of {name} is 0 everywhere")


def weights_survive_a_checkpoint(subject: PluginUnderTest) -> None:
    """A state dict written, read and loaded into a new model gives the same predictions to the last bit.

    What the model remembers beside its parameters must be a registered buffer. Names are what checkpoints hold, so
    they must not depend on anything but the settings."""
    model, other = _trained(subject), _built(subject, seed=1)
    kept = {name: value.contiguous().clone() for name, value in model.state_dict().items()}
    other.load_state_dict(load(save(kept)))
    frames, *_ = _clip(subject)
    require(_same(_predicted(subject, model, frames), _predicted(subject, other, frames)), "they are others")


def the_same_seed_gives_the_same_model(subject: PluginUnderTest) -> None:
    """Weights are drawn from torch's generator, which the engine seeds: one seed, one model, one prediction.

    Draw from no other generator, never call torch.manual_seed, and keep no state between two calls."""
    frames, *_ = _clip(subject)
    one, two, other = (_built(subject, seed=seed) for seed in (0, 0, 1))
    first = _predicted(subject, one, frames)
    require(_same(first, _predicted(subject, two, frames)), "two models of one seed predict differently")
    require(_same(first, _predicted(subject, one, frames)), "a second call predicts differently")
    weights = [list(model.parameters()) for model in (one, other)]
    if any(weight.unique().numel() > 2 for weight in weights[0]):  # else they are constants, not drawn
        differs = any(not torch.equal(mine, its) for mine, its in zip(*weights, strict=True))
        require(differs, "two seeds give the same weights: something seeds torch again")


def samples_do_not_know_of_each_other(subject: PluginUnderTest) -> None:
    """What is predicted for a clip depends on that clip alone, also in training.

    A job gives the same losses on any number of workers, so nothing may be shared over the batch: take GroupNorm
    or LayerNorm instead of BatchNorm, and mind `view` and `reshape` across the axis of the batch."""
    model = _built(subject)
    frames, truth, keep = _clip(subject)
    neighbour = torch.cat([frames[:1], 1 - frames[1:]])
    for training in (False, True):
        model.train(training)
        pair = []
        for each in (frames, neighbour):
            torch.manual_seed(0)  # dropout, if there is any, is the same
            pair.append(_call(subject, model, each, subject.given.frames_out, truth, keep).whole[0])
        where = "in training" if training else "in evaluation"
        require(_close(pair[0], pair[1]), f"{where} the first clip's prediction changes with the second clip")
    model.eval()
    alone, both = (_predicted(subject, model, each)[0] for each in (frames[:1], frames))
    require(_close(alone, both), "alone in its batch a clip is predicted differently")


def truth_takes_the_place_of_its_own_output(subject: PluginUnderTest) -> None:
    """`truth` (B, frames_out - 1, C, H, W) is seen only where `keep_truth` (B, frames_out - 1) is set, and never
    before the frame that follows it is predicted: frame j of the truth may change predictions j + 1 and later.
    Without `keep_truth` every true frame is seen.

    A model that has no use for the truth takes the two arguments and ignores them."""
    if subject.declaration.produces != "frames":
        raise LeftOut("recognition models are never given the truth")
    model, asked = _built(subject).eval(), max(subject.given.frames_out, 3)
    frames, *_ = _clip(subject)
    truth = torch.rand(_BATCH, asked - 1, *frames.shape[2:])
    nowhere = torch.zeros(_BATCH, asked - 1, dtype=torch.bool)

    def future(truth: Tensor | None = None, keep_truth: Tensor | None = None) -> Tensor:
        answer = _call(subject, model, frames, asked, truth, keep_truth).frames
        assert answer is not None, "a video model returns frames"
        return answer[:, -asked:]

    with torch.no_grad():
        require(
            _close(future(), future(truth, nowhere)),
            "with keep_truth False everywhere it still looks at the truth",
        )
        fed, later = future(truth, ~nowhere), truth.clone()
        require(
            _close(fed, future(truth)),
            "truth without keep_truth predicts differently from keep_truth True everywhere",
        )
        later[:, -1] = 1 - later[:, -1]
        changed = future(later, ~nowhere)
    require(_close(fed[:, :-1], changed[:, :-1]), "predictions depend on true frames that come later")


def the_past_does_not_know_the_future(subject: PluginUnderTest) -> None:
    """Where a model also predicts frames that it has seen (P > frames_out), each comes from the frames before it;
    and the logits of a reading come from the first `observed` frames of a clip.

    Otherwise the loss rewards copying, or an early recognition has seen the end."""
    model, asked = _built(subject).eval(), subject.given.frames_out
    frames, *_ = _clip(subject)
    first = _readings(frames)[0]
    for kept in {first, frames.shape[1] - 1}:
        other = torch.cat([frames[:, :kept], 1 - frames[:, kept:]], 1)
        with torch.no_grad():
            one, two = (_call(subject, model, each, asked) for each in (frames, other))
        if one.frames is not None and two.frames is not None:
            past = max(0, one.frames.shape[1] - asked - (frames.shape[1] - 1 - kept))
            require(
                _close(one.frames[:, :past], two.frames[:, :past]),
                "predictions of seen frames depend on later ones",
            )
        if one.logits is not None and two.logits is not None and kept >= first:
            require(_close(one.logits[:, 0], two.logits[:, 0]), "a reading depends on frames after those observed")


def bf16_is_near_fp32(subject: PluginUnderTest) -> None:
    """Under autocast to bf16 predictions are numbers, and near those of fp32.

    Sums over many values and states that grow need fp32: cast them, or keep them out of autocast."""
    model, (frames, *_) = _built(subject).eval(), _clip(subject)
    exact = _predicted(subject, model, frames)
    with torch.autocast("cpu", torch.bfloat16):
        rough = _predicted(subject, model, frames).float()
    require(exact.isfinite().all(), "in fp32 they are not numbers")
    require(rough.isfinite().all(), "in bf16 they are not numbers")
    apart = (rough - exact).square().mean().sqrt() / (exact.square().mean().sqrt() + 1e-2)
    require(apart < _BF16, f"they are apart by {apart:.0%} of their size")


def leaves_the_process_as_it_was(subject: PluginUnderTest) -> None:
    """Building, calling and differentiating change nothing that others use: random states, the default dtype,
    threads, whether gradients are recorded.

    Use your own torch.Generator where you need random numbers outside training, and contexts such as torch.no_grad
    instead of switches."""
    with untouched("build", draws=True):
        model = _built(subject)
    frames, truth, keep = _clip(subject)
    before = frames.clone()
    with untouched("a training step", draws=True):
        predicted = _call(subject, model, frames, subject.given.frames_out, truth, keep).whole
        if predicted.requires_grad:
            predicted.square().sum().backward()
    with untouched("an evaluation"):
        _predicted(subject, model, frames)
    require(torch.equal(frames, before), "it writes into the frames that it was given")


def its_declared_cost_is_true(subject: PluginUnderTest) -> None:
    """`cost(settings, sample_shape)` tells the numbers that are trained, exactly: searches are bounded by it, and
    it is shown before a run begins.

    Count from the settings, without building; `sum(p.numel() for p in model.parameters())` is what it must be."""
    if subject.declaration.cost is None:
        raise LeftOut("the model declares no cost")
    for settings in (subject.settings, *(drawn for _, drawn in legal_settings(subject, _DRAWN, seed=1))):

        def counted(settings: Any = settings) -> None:
            told = subject.declaration.cost(settings, subject.sample)
            model = _built(subject, settings)
            real = sum(each.numel() for each in model.parameters() if each.requires_grad)
            require(told.parameters == real, f"it tells {told.parameters:,}, and {real:,} are there: {settings}")
            require(told.macs > 0 or not real, f"it tells {told.macs} multiplications: {settings}")

        _unless_refused(counted)


def refuses_what_is_no_published_checkpoint(subject: PluginUnderTest) -> None:
    """`load_published(path, settings)` refuses another file with InputError or ValueError, and says what is wrong.

    Read with torch.load(..., weights_only=True) or safetensors, compare names and shapes, and name those that do
    not fit."""
    if subject.declaration.load_published is None:
        raise LeftOut("the model declares no load_published")
    folder = subject.new_folder("published")
    torch.save({"somebody.elses.weight": torch.ones(3)}, folder / "stranger.pt")
    (folder / "empty.pt").write_bytes(b"")
    (folder / "text.pt").write_text("<!DOCTYPE html> 404: not found")
    for file in ("stranger.pt", "empty.pt", "text.pt", "missing.pt"):

        def loaded(file: str = file) -> None:
            subject.declaration.load_published(folder / file, subject.settings)

        require(_refused(loaded), f"{file} is taken for a checkpoint")


def computes_layers_again_on_demand(subject: PluginUnderTest) -> None:
    """With `activation_checkpointing` the module has an attribute `activation_checkpointing`, False: set to True
    it gives the same gradients with less memory.

    Wrap the layers in torch.utils.checkpoint.checkpoint(..., use_reentrant=False) where it is set."""
    if not subject.declaration.activation_checkpointing:
        raise LeftOut("the model does not declare activation_checkpointing")
    gradients: list[dict[str, Tensor | None]] = []
    for again in (False, True):
        model: Any = _built(subject)
        require(
            getattr(model, "activation_checkpointing", None) is False,
            "activation_checkpointing is not False at first",
        )
        model.activation_checkpointing = again
        frames, truth, keep = _clip(subject)
        _call(subject, model, frames, subject.given.frames_out, truth, keep).whole.square().sum().backward()
        gradients.append({name: each.grad for name, each in model.named_parameters()})
    for name, kept in gradients[0].items():
        anew = gradients[1][name]
        if kept is not None:
            require(anew is not None and _close(kept, anew, 1e-4), f"with it the gradient of {name} is another")


def _built(
    subject: PluginUnderTest, settings: Any = None, sample: SampleShape | None = None, seed: int = 0
) -> nn.Module:
    torch.manual_seed(seed)
    model: nn.Module = subject.build(subject.sample if sample is None else sample, settings=settings)
    return model


def _trained(subject: PluginUnderTest) -> nn.Module:
    """The model. Raises LeftOut where there is nothing to train."""
    model = _built(subject)
    if not any(each.requires_grad for each in model.parameters()):
        raise LeftOut("the model has no parameters")
    return model


def _clip(subject: PluginUnderTest) -> tuple[Tensor, Tensor, Tensor]:
    """Frames in [0, 1], the truth after them, and where it is fed back: the same whenever it is called."""
    generator = torch.Generator().manual_seed(0)
    shape, seen = subject.sample, subject.given.frames_in
    frames = torch.rand(_BATCH, shape.frames, *shape.image, generator=generator)
    keep = torch.zeros(_BATCH, shape.frames - seen - 1, dtype=torch.bool)
    keep[:, ::2] = True
    return frames[:, :seen], frames[:, seen:-1], keep


class _Answer(NamedTuple):
    """What a model answered: logits (B, S, K), frames (B, P, C, H, W), or both."""

    logits: Tensor | None
    frames: Tensor | None

    @property
    def whole(self) -> Tensor:
        """(B, N): all of it."""
        return torch.cat([each.float().flatten(1) for each in self if each is not None], 1)


def _call(
    subject: PluginUnderTest,
    model: nn.Module,
    frames: Tensor,
    frames_out: int,
    truth: Tensor | None = None,
    keep_truth: Tensor | None = None,
) -> _Answer:
    """The one place that knows how the two kinds of model are called."""
    options: dict[str, Tensor] = {}
    if subject.declaration.produces == "logits":
        options["observed"] = torch.tensor(_readings(frames)).expand(len(frames), 2)
    else:
        given = {"truth": truth, "keep_truth": keep_truth}
        options = {name: each for name, each in given.items() if each is not None}
    _check_arguments(model.forward, ("frames", "frames_out"), tuple(options))
    answer = model(frames, frames_out, **options)
    return _Answer(*answer) if subject.declaration.produces == "logits" else _Answer(None, answer)


def _options(subject: PluginUnderTest) -> tuple[tuple[str, ...], ...]:
    """The sets of keyword arguments that a model of this kind is called with."""
    if subject.declaration.produces == "logits":
        return (("observed",),)
    return (), ("truth",), ("truth", "keep_truth")


def _check_arguments(forward: Callable[..., Any], positional: tuple[str, ...], named: tuple[str, ...]) -> None:
    try:
        signature = inspect.signature(forward)
    except (TypeError, ValueError):  # handled: compiled code has no signature, and the calls themselves show it
        return
    try:
        signature.bind(*positional, **dict.fromkeys(named))
    except TypeError as error:
        call = ", ".join((*positional, *(f"{name}={name}" for name in named)))
        require(False, f"it cannot be called as model({call}): forward{signature}: {error}")


def _readings(frames: Tensor) -> tuple[int, int]:
    """After how many frames a recognition model is asked for the class."""
    return max(1, frames.shape[1] // 2), frames.shape[1]


def _predicted(subject: PluginUnderTest, model: nn.Module, frames: Tensor) -> Tensor:
    with torch.no_grad():
        return _call(subject, model.eval(), frames, subject.given.frames_out).whole


def _check_shape(subject: PluginUnderTest, model: nn.Module, sample: SampleShape, seen: int, asked: int) -> None:
    frames = torch.rand(_BATCH, seen, *sample.image)
    truth = torch.rand(_BATCH, asked - 1, *sample.image)
    keep = torch.ones(_BATCH, asked - 1, dtype=torch.bool)
    given = f"for frames {tuple(frames.shape)} and frames_out {asked} it returns"
    with torch.no_grad():
        answer = _call(subject, model.eval(), frames, asked)
        fed = _call(subject, model, frames, asked, truth, keep)
    if subject.declaration.produces == "logits":
        shape = None if answer.logits is None else tuple(answer.logits.shape)
        require(
            shape == (_BATCH, 2, sample.classes),
            f"{given} logits {shape} at 2 readings of {sample.classes} classes",
        )
    if answer.frames is not None and fed.frames is not None:
        shape = tuple(answer.frames.shape)
        fits = len(shape) == 5 and (shape[0], *shape[2:]) == (_BATCH, *sample.image)
        require(fits and asked <= shape[1] <= seen + asked - 1, f"{given} {shape}")
        require(
            tuple(fed.frames.shape) == shape, f"with the truth it returns {tuple(fed.frames.shape)}, not {shape}"
        )


def _does_unless_refused(subject: PluginUnderTest, sample: SampleShape, seen: int, asked: int) -> None:
    declaration, settings = subject.declaration, subject.settings
    if declaration.cost and _refused(lambda: declaration.cost(settings, sample)) is not None:
        return
    if declaration.accepts:
        reason = declaration.accepts(settings, sample, seen, asked)
        if reason is not None:
            require(isinstance(reason, str) and reason.strip(), f"accepts returns {reason!r}")
            return
    what = f"it accepts {seen} frames {sample.image} and {asked} to predict"
    try:
        _check_shape(subject, _built(subject, sample=sample), sample, seen, asked)
    except Nonconformity:
        raise
    except Exception as error:
        require(False, f"{what}, and raises {type(error).__name__}: {error}")


def _unless_refused(act: Callable[[], None]) -> None:
    """Does it; a refusal by InputError or ValueError is fine if it says something."""
    _refused(act)


def _refused(act: Callable[[], object]) -> str | None:
    """The words with which it is refused; None where it is not."""
    try:
        act()
    except (InputError, ValueError) as error:
        require(str(error).strip(), f"it is refused by {type(error).__name__} without a word")
        return str(error)
    except FileNotFoundError as error:  # a sentence of its own: it names the file
        return str(error)
    return None


def _same(one: Tensor, two: Tensor) -> bool:
    return torch.equal(one, two)


def _close(one: Tensor, two: Tensor, tolerance: float = 1e-5) -> bool:
    scale = max(1.0, float(one.detach().abs().max()) if one.numel() else 1.0)
    return one.shape == two.shape and torch.allclose(one, two, rtol=tolerance, atol=tolerance * scale)
