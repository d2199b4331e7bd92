"""What is asked of a metric. Every public function is a check.

Dimensions: B batch, T time, C channels, H W space, K classes.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from framecast.counting import plural
from framecast.errors import InputError
from framecast.plugin.sample_shape import SampleShape
from framecast.plugin.streaming_metric import StreamingMetric
from framecast.plugin.value_range import ValueRange
from framecast.testing.global_state import untouched
from framecast.testing.plugin_under_test import PluginUnderTest
from framecast.testing.verdict import LeftOut, Nonconformity, require

_RANGE = (0.0, 1.0)
_RANGES = ((0.0, 1.0), (-5.0, 5.0), (250.0, 300.0))
_BATCH, _TIME = 6, 2
_CLASSES = 12
_IMAGES = ((1, 40, 40), (3, 64, 48), (5, 32, 32), (2, 9, 1), (1, 6, 6), (3, 16, 20), (1, 30, 40), (3, 31, 31))
"""Frames (C, H, W) of which a metric says whether it accepts them."""


def each_sample_has_its_value(subject: PluginUnderTest) -> None:
    """`update(prediction, target)` returns the values of its samples, (B, ...), each from that sample alone;
    compute() tells `overall` and one value for each frame.

    Derive from framecast.StreamingMetric and write only `measure`: the rest follows."""
    prediction, target = _pair(subject)
    metric = _built(subject)
    values = metric.update(prediction.clone(), target)
    require(values.shape[:1] == (_BATCH,), f"for {_BATCH} samples update returns {tuple(values.shape)}")
    first = _built(subject).update(prediction[:1].clone(), target[:1])
    require(_close(values[:1], first), "the first sample's value changes with the others in its batch")
    value = metric.compute()
    require(isinstance(value.overall, float), f"overall is {type(value.overall).__name__}, not float")
    require(
        len(value.per_frame) == values.flatten(1).shape[1],
        f"per_frame has {plural(len(value.per_frame), 'value')}",
    )


def scores_what_it_accepts(subject: PluginUnderTest) -> None:
    """What `accepts(settings, sample_shape)` does not refuse can be scored, whatever its size and channels.

    Declare `accepts` where frames may be too small or have too many channels: the job is then refused before it
    trains, not at its first evaluation. It returns None, or the reason in a sentence."""
    frames = [SampleShape(4, *image) for image in _IMAGES]
    classes = [SampleShape(4, 1, 16, 16, count) for count in (2, 3, _CLASSES)]
    for sample in classes if subject.metric.requires == "logits" else frames:
        accepts = subject.metric.accepts
        reason = accepts(subject.settings, sample) if accepts else None
        if reason is not None:
            require(isinstance(reason, str) and reason.strip(), f"accepts returns {reason!r}")
            continue
        what = f"{sample.classes} classes" if sample.classes else f"frames {sample.image}"
        try:
            score = _score(subject, [_drawn(subject, sample)])
        except Exception as error:
            require(False, f"it accepts {what} and raises {type(error).__name__}: {error}")
        require(math.isfinite(score), f"it accepts {what} and scores {score}")


def agrees_with_its_reference(subject: PluginUnderTest) -> None:
    """The metric is what its author says it is: equal to a slow and obvious form of it.

    Give one: conformance(..., reference=lambda prediction, target: float(...)), of one frame (C, H, W) each, or of
    logits (K,) and a label."""
    reference = subject.given.reference
    if reference is None:
        raise LeftOut("the kit was given no reference: conformance(..., reference=slow_form)")
    prediction, target = _pair(subject)
    values = _built(subject).update(prediction.clone(), target)
    if subject.metric.requires == "logits":
        slow = [reference(one, label) for one, label in zip(prediction, target, strict=True)]
    else:
        slow = [reference(*pair) for pair in zip(prediction.flatten(0, 1), target.flatten(0, 1), strict=True)]
    expected = torch.tensor(slow, dtype=torch.float64)
    apart = float((values.double().flatten() - expected).abs().max())
    require(_close(values.flatten(), expected, 1e-4), f"it departs from its reference by up to {apart:.3g}")


def the_size_of_batches_does_not_matter(subject: PluginUnderTest) -> None:
    """A score is the same however clips were cut into batches: sums and counts are kept, never means of
    batches."""
    prediction, target = _pair(subject)
    whole = _score(subject, [(prediction, target)])
    for size in (1, 4):
        parts = list(zip(prediction.split(size), target.split(size), strict=True))
        require(_near(whole, _score(subject, parts)), f"in batches of {size} the score is another")


def the_number_of_processes_does_not_matter(subject: PluginUnderTest) -> None:
    """`state` is a float64 tensor, and the states of several processes add up to that of one.

    Keep in it what can be added: sums and counts, not means, roots or extremes."""
    prediction, target = _pair(subject)
    one, *others = metrics = [_built(subject) for _ in range(3)]
    for metric, part in zip(metrics, (slice(0, 1), slice(1, 3), slice(3, None)), strict=True):
        metric.update(prediction[part].clone(), target[part])
        _state(metric)
    for other in others:
        one.state = _state(one) + _state(other)
    require(_near(_score(subject, [(prediction, target)]), one.compute().overall), "the score is another")


def a_perfect_prediction_is_best(subject: PluginUnderTest) -> None:
    """By the declared `direction` nothing scores better than the truth itself, and what is wrong scores worse.

    "min" says that lower is better, "max" that higher is: checkpoints and searches go by it."""
    prediction, target = _pair(subject)
    perfect, poor, awful = (
        _score(subject, [(each, target)])
        for each in (_perfect(subject, target), prediction, _awful(subject, target))
    )
    sign = 1 if subject.metric.direction == "min" else -1
    require(sign * perfect <= sign * poor, f"the truth scores {perfect:g}, a prediction with noise {poor:g}")
    require(sign * perfect < sign * awful, f"the truth scores {perfect:g}, what has nothing of it {awful:g}")


def a_perfect_prediction_scores_perfectly(subject: PluginUnderTest) -> None:
    """The truth itself has one score, the best there is, whatever the value range and wherever the truth lies:
    fields leave the range of their training period.

    Treat truth and prediction alike: clamp both or neither, and neither where `value_range.bounded` is False."""
    if subject.metric.requires != "frames":
        raise LeftOut("it does not score frames")
    target = _pair(subject)[1]
    ideal = _score(subject, [(target, target)])
    for low, high in _RANGES:
        beyond = low + (high - low) * (3 * target - 1)
        for bounded in (True, False):
            value_range = ValueRange(low, high, bounded)
            try:
                metric = subject.build(value_range)
            except InputError:  # handled: the settings do not suit this range; the next one is tried
                continue
            metric.update(beyond.clone(), beyond)
            found = metric.compute().overall
            where = f"values from {float(beyond.min()):.3g} to {float(beyond.max()):.3g} in ({low:g}, {high:g})"
            require(
                _near(found, ideal), f"the truth scores {ideal:g} within the value range, {found:g} with {where}"
            )


def a_prediction_that_is_no_number_spoils_the_score(subject: PluginUnderTest) -> None:
    """Where a prediction is NaN the score is NaN: a model that breaks must not look good by what is left.

    Do not average by nanmean, and mind clamp and comparisons, which may turn NaN into a number."""
    prediction, target = _pair(subject)
    prediction[1, ..., -1] = math.nan
    score = _score(subject, [(prediction, target)])
    require(math.isnan(score), f"with NaN in one prediction the score is {score:g}")


def masked_places_do_not_count(subject: PluginUnderTest) -> None:
    """With `mask` (B, T, C, H, W), False where nothing is known, only the rest is scored; of logits it is (B,).

    A metric that cannot do so refuses a mask with InputError or ValueError, or its score would be of filler."""
    prediction, target = _pair(subject)
    mask = torch.ones(_BATCH, dtype=torch.bool)
    if subject.metric.requires == "frames":
        mask = torch.ones(target.shape, dtype=torch.bool)
        mask[..., : target.shape[-1] // 2] = False
        mask[1] = True
    mask[0] = False
    other = prediction.where(mask if mask.ndim > 1 else mask[:, None], prediction.flip(-1))
    scores = []
    for each in (prediction, other):
        metric = _built(subject)
        try:
            metric.update(each.clone(), target, mask)
        except (InputError, ValueError, NotImplementedError) as error:
            raise LeftOut(f"it refuses masks: {error}") from None
        scores.append(metric.compute().overall)
    require(_near(*scores), f"what is masked changes the score from {scores[0]:g} to {scores[1]:g}")
    require(math.isfinite(scores[0]), f"with a mask the score is {scores[0]}")


def leaves_everything_as_it_was(subject: PluginUnderTest) -> None:
    """Building and updating write into neither prediction nor target, and change no random state: other metrics
    score the same tensors, and training continues afterwards.

    Mind operations in place (`sub_`, `clamp_`) on what was given."""
    prediction, target = _pair(subject)
    before = prediction.clone(), target.clone()
    with untouched("scoring"):
        metric = _built(subject)
        metric.update(prediction, target)
        metric.compute()
    require(torch.equal(prediction, before[0]), "update writes into the prediction")
    require(torch.equal(target, before[1]), "update writes into the target")


def _state(metric: StreamingMetric) -> Tensor:
    if not isinstance(metric.state, Tensor):
        raise Nonconformity("its state is no tensor after an update")
    require(metric.state.dtype == torch.float64, f"its state is {metric.state.dtype}")
    return metric.state


def _built(subject: PluginUnderTest) -> StreamingMetric:
    built: StreamingMetric = subject.build(ValueRange(*_RANGE))
    return built


def _score(subject: PluginUnderTest, batches: list[tuple[Tensor, Tensor]]) -> float:
    metric = _built(subject)
    for prediction, target in batches:
        metric.update(prediction.clone(), target)
    return metric.compute().overall


def _pair(subject: PluginUnderTest) -> tuple[Tensor, Tensor]:
    """A poor prediction and its target: frames (B, T, 1, 40, 40), or logits (B, K) and labels (B,)."""
    generator = torch.Generator().manual_seed(0)
    if subject.metric.requires == "logits":
        target = torch.randint(_CLASSES, (_BATCH,), generator=generator)
        return torch.randn(_BATCH, _CLASSES, generator=generator), target
    rows, columns = torch.meshgrid(torch.linspace(0, 6, 40), torch.linspace(0, 6, 40), indexing="ij")
    phases = torch.rand(_BATCH, _TIME, 1, 1, 1, generator=generator) * 6
    target = 0.5 + 0.4 * torch.sin(rows + phases) * torch.cos(columns - phases)
    noise = torch.randn(target.shape, generator=generator)
    return (target + 0.1 * noise).clamp(0.02, 0.98), target


def _drawn(subject: PluginUnderTest, sample: SampleShape) -> tuple[Tensor, Tensor]:
    """A prediction and its target by chance, of that shape."""
    generator = torch.Generator().manual_seed(0)
    if subject.metric.requires == "logits":
        target = torch.randint(sample.classes, (_BATCH,), generator=generator)
        return torch.randn(_BATCH, sample.classes, generator=generator), target
    shape = (_BATCH, _TIME, *sample.image)
    return torch.rand(shape, generator=generator), torch.rand(shape, generator=generator)


def _perfect(subject: PluginUnderTest, target: Tensor) -> Tensor:
    if subject.metric.requires == "logits":
        return torch.nn.functional.one_hot(target, _CLASSES).float() * 9
    return target.clone()


def _awful(subject: PluginUnderTest, target: Tensor) -> Tensor:
    """What is as wrong as can be: the true class last of all, or frames upside down in their values."""
    return -_perfect(subject, target) if subject.metric.requires == "logits" else 1 - target


def _near(one: float, two: float) -> bool:
    return math.isclose(one, two, rel_tol=1e-5, abs_tol=1e-7)


def _close(one: Tensor, two: Tensor, tolerance: float = 1e-5) -> bool:
    return torch.allclose(one.double(), two.double(), rtol=tolerance, atol=1e-6, equal_nan=True)
